from django.urls import path

from victimcare.accounts import draft_views, people_views, views

app_name = "accounts"
urlpatterns = [
    path("sign-in", views.sign_in, name="sign-in"),
    path("sign-in/pick", views.pick, name="pick"),
    path("sign-out", views.sign_out, name="sign-out"),
    path("preferences", views.preferences, name="preferences"),
    path("preferences/password", views.password, name="password"),
    path("preferences/density", views.density, name="density"),
    path("drafts/<str:draft>/throw-away", draft_views.throw_away, name="throw-draft-away"),
    path("people/", people_views.people, name="people"),
    path("people/add", people_views.add_person, name="add-person"),
    path("people/teams/", people_views.teams, name="teams"),
    path("people/teams/add", people_views.add_team, name="add-team"),
    path("people/teams/<str:team>/", people_views.change_team, name="change-team"),
    path("people/<str:person>/", people_views.person, name="person"),
    path("people/<str:person>/change", people_views.change_person, name="change-person"),
    path("people/<str:person>/roles", people_views.roles, name="roles"),
    path("people/<str:person>/leave", people_views.leave, name="leave"),
    path("people/<str:person>/leave/cancel", people_views.cancel_leave, name="cancel-leave"),
    path("people/<str:person>/leaver", people_views.leaver, name="leaver"),
    path("people/<str:person>/returner", people_views.returner, name="returner"),
    path("people/<str:person>/password", people_views.new_password, name="new-password"),
]
