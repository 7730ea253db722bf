from django.urls import URLPattern, path

app_name = "contacts"
urlpatterns: list[URLPattern] = []
