from django.urls import path

from victimcare.letters import views

app_name = "letters"
CASE = "cases/<str:case>/<str:participant>/letters/"
urlpatterns = [
    path(CASE, views.letter_list, name="list"),
    path(CASE + "<str:letter>/", views.letter, name="letter"),
    path(CASE + "<str:letter>/pdf", views.pdf, name="pdf"),
    path(CASE + "<str:letter>/approve", views.approve, name="approve"),
    path(CASE + "<str:letter>/withdraw", views.withdraw, name="withdraw"),
    path(CASE + "<str:letter>/print-again", views.print_again, name="print-again"),
]
