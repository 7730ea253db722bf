from django.urls import URLPattern, path

app_name = "letters"
urlpatterns: list[URLPattern] = []
