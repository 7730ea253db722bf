from django.urls import path

from compliance import views

app_name = "compliance"
urlpatterns = [
    path("code/", views.code, name="code"),
    path("code/calculator/", views.calculator, name="calculator"),
    path("code/<str:key>/rules/<str:rule>/", views.rule, name="rule"),
    path("code/<str:key>/load", views.load_code, name="load-code"),
    path("code/<str:key>/bring-into-force", views.bring_into_force, name="bring-into-force"),
    path("duties/<int:duty>/", views.explain, name="explain"),
]
