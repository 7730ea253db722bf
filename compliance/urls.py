from django.urls import path

from compliance import views
from compliance.calendar import views as calendar

app_name = "compliance"
urlpatterns = [
    path("code/", views.code, name="code"),
    path("code/calculator/", views.calculator, name="calculator"),
    path("code/<str:key>/rules/<str:rule>/", views.rule, name="rule"),
    path("code/<str:key>/load", views.load_code, name="load-code"),
    path("code/<str:key>/bring-into-force", views.bring_into_force, name="bring-into-force"),
    path("duties/<int:duty>/", views.explain, name="explain"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/propose", calendar.propose, name="calendar-propose"),
    path("calendar/<int:calendar>/", calendar.version, name="calendar-version"),
    path("calendar/<int:calendar>/decide", calendar.decide, name="calendar-decide"),
]
