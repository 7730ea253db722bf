from django.urls import path

from referrals import views

app_name = "referrals"
urlpatterns = [
    path("referrals/", views.board, name="list"),
    path("referrals/intake/", views.intake, name="intake"),
    path("referrals/intake/<str:batch>/", views.batch_page, name="batch"),
    path("referrals/quarantine/", views.quarantine, name="quarantine"),
    path("referrals/quarantine/<str:batch>/<int:number>", views.row_page, name="row"),
    path("referrals/quarantine/<str:batch>/<int:number>/set-aside", views.set_row_aside, name="set-aside"),
    path("referrals/allocate/", views.allocate, name="allocate"),
    path("referrals/allocate/undo", views.undo_allocation, name="undo"),
    path("referrals/to-us/", views.own, name="own"),
    path("referrals/to-us/<str:onward>/", views.own_referral, name="own-referral"),
    path("cases/<str:case>/<str:participant>/refer-on", views.refer_on, name="refer-on"),
]
