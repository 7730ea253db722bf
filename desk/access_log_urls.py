"""The access log's address. Its page asks who somebody is, which the audit app must not know."""

from django.urls import path

from desk import access_log

app_name = "audit"
urlpatterns = [path("access-log/", access_log.log, name="log")]
