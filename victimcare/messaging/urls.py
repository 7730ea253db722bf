from django.urls import path

from victimcare.messaging import views

app_name = "messaging"
CASE = "cases/<str:case>/<str:participant>/messages/"
urlpatterns = [
    path(CASE, views.message_list, name="list"),
    path(CASE + "<str:message>/", views.message, name="message"),
    path(CASE + "<str:message>/withdraw", views.withdraw, name="withdraw"),
]
