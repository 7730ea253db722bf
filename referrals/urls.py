from django.urls import path

from referrals import views

app_name = "referrals"
urlpatterns = [
    path("referrals/", views.board, name="list"),
    path("referrals/allocate/", views.allocate, name="allocate"),
    path("referrals/allocate/undo", views.undo_allocation, name="undo"),
    path("referrals/to-us/", views.own, name="own"),
    path("referrals/to-us/<str:onward>/", views.own_referral, name="own-referral"),
    path("cases/<str:case>/<str:participant>/refer-on", views.refer_on, name="refer-on"),
]
