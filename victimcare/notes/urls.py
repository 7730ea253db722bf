from django.urls import path

from victimcare.notes import views

app_name = "notes"
CASE = "cases/<str:case>/<str:participant>/"
urlpatterns = [
    path(CASE + "notes/", views.note_list, name="list"),
    path(CASE + "notes/write", views.write, name="write"),
    path(CASE + "notes/attach", views.attach, name="attach"),
    path(CASE + "notes/<str:note>/take-out", views.redact_note, name="redact-note"),
    path(CASE + "files/<str:file>", views.open_file, name="open"),
    path(CASE + "files/<str:file>/take-out", views.redact_file, name="redact-file"),
]
