from django.urls import path

from victimcare.cases import people_views, question_views, standard_views, views
from victimcare.cases.safety import views as safety_views

app_name = "cases"
urlpatterns = [
    path("same-person/", people_views.same_person, name="same-person"),
    path("new-case", people_views.open_case, name="open-case"),
    path("cases/<str:case>/<str:participant>/add", people_views.add, name="add"),
    path(
        "cases/<str:case>/<str:participant>/same-person/", people_views.same_person_of, name="same-person-of"
    ),
    path("cases/<str:case>/<str:participant>/events/record", views.record_event, name="record-event"),
    path(
        "cases/<str:case>/<str:participant>/events/<str:event>/correct",
        views.correct_event,
        name="correct-event",
    ),
    path("cases/<str:case>/<str:participant>/events/support", views.support_answer, name="support-answer"),
    path("cases/<str:case>/<str:participant>/safe-contact", views.safe_contact, name="safe-contact"),
    path("safety/", safety_views.safety, name="safety"),
    path("cases/<str:case>/<str:participant>/lifts", safety_views.lifts, name="lifts"),
    path("cases/<str:case>/<str:participant>/changes", safety_views.changes, name="changes"),
    path("cases/<str:case>/<str:participant>/child", safety_views.decide_child, name="decide-child"),
    path("cases/<str:case>/<str:participant>/details", views.details, name="details"),
    path("cases/<str:case>/<str:participant>/details/before", views.details_history, name="details-history"),
    path("cases/<str:case>/<str:participant>/close", views.close, name="close"),
    path("cases/<str:case>/<str:participant>/reopen", views.reopen, name="reopen"),
    path("cases/<str:case>/<str:participant>/questions/ask", question_views.ask, name="ask"),
    path("questions/", question_views.questions, name="questions"),
    path("questions/mine", question_views.to_me, name="questions-to-me"),
    path("questions/<str:question>", question_views.answer, name="answer"),
    path("standards/", standard_views.standards, name="standards"),
    path("standards/<str:key>", standard_views.standard, name="standard"),
    path("standards/<str:key>/<int:number>", standard_views.decide, name="decide-standard"),
]
