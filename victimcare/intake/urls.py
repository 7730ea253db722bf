from django.urls import path

from victimcare.intake import views

app_name = "intake"
urlpatterns = [
    path("intake/", views.intake, name="list"),
    path("intake/quarantine/", views.quarantine, name="quarantine"),
    path("intake/quarantine/<str:batch>/<int:number>", views.row_page, name="row"),
    path("intake/quarantine/<str:batch>/<int:number>/set-aside", views.set_row_aside, name="set-aside"),
    path("intake/quarantine/<str:batch>/<int:number>/return", views.return_row, name="return"),
    path("intake/<str:batch>/", views.batch_page, name="batch"),
    path("intake/<str:batch>/import", views.import_checked, name="import"),
    path("intake/<str:batch>/drop", views.drop, name="drop"),
    path("intake/<str:batch>/withdraw", views.withdraw, name="withdraw"),
    path("intake/<str:batch>/again", views.try_again, name="again"),
]
