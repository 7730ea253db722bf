from django.urls import path

from contacts import call_views, complaint_views, letter_views, message_views, plan_views, reach_views, views

app_name = "contacts"
CASE = "cases/<str:case>/<str:participant>/"
urlpatterns = [
    path(CASE + "contacts/", views.contact_list, name="list"),
    path(CASE + "contacts/log", views.log, name="log"),
    path(CASE + "contacts/caller", call_views.caller, name="caller"),
    path("calls/note", call_views.note, name="note-call"),
    path("calls/<str:note>/settle", call_views.settle, name="settle-note"),
    path(CASE + "contacts/plan", plan_views.plan, name="plan"),
    path("complaints/", complaint_views.complaint_list, name="complaints"),
    path(CASE + "complaints/<str:complaint>", complaint_views.complaint, name="complaint"),
    path(CASE + "contacts/plan/keep", plan_views.keep, name="keep-plan"),
    path(CASE + "contacts/plan/versions", plan_views.versions, name="plan-versions"),
    path(CASE + "contacts/plan/copy", plan_views.copy, name="plan-copy"),
    path(CASE + "contacts/opt-out", plan_views.opt_out, name="opt-out"),
    path(CASE + "contacts/opt-out/acknowledge", plan_views.acknowledge, name="acknowledge-opt-out"),
    path("reach/", reach_views.reach, name="reach"),
    path("opt-outs/", plan_views.opt_outs, name="opt-outs"),
    path(CASE + "contacts/promises/<str:promise>/kept", views.promise_kept, name="promise-kept"),
    path(CASE + "messages/write", message_views.write_message, name="write-message"),
    path(CASE + "letters/write", letter_views.write_letter, name="write-letter"),
    path(CASE + "letters/<str:letter>/send", letter_views.send_letter, name="send-letter"),
]
