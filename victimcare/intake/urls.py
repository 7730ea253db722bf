from django.urls import path

from victimcare.intake import api, outcome_views, quarantine_views, token_views, views

app_name = "intake"
urlpatterns = [
    path("api/v1/extracts", api.Extracts.as_view(), name="api-extracts"),
    path("api/v1/extracts/<str:reference>", api.OneExtract.as_view(), name="api-extract"),
    path("api/v1/schema", api.Description.as_view(), name="api-schema"),
    path("tokens/", token_views.tokens, name="tokens"),
    path("tokens/new", token_views.make, name="make-token"),
    path("tokens/<str:token>/revoke", token_views.revoke, name="revoke-token"),
    path("intake/", views.intake, name="list"),
    path("intake/quarantine/", quarantine_views.quarantine, name="quarantine"),
    path("intake/quarantine/<str:batch>/<int:number>", quarantine_views.row_page, name="row"),
    path(
        "intake/quarantine/<str:batch>/<int:number>/set-aside",
        quarantine_views.set_row_aside,
        name="set-aside",
    ),
    path("intake/quarantine/<str:batch>/<int:number>/return", quarantine_views.return_row, name="return"),
    path("intake/reconciliation/", views.reconciliation, name="reconciliation"),
    path("intake/<str:batch>/", views.batch_page, name="batch"),
    path("intake/<str:batch>/rows/<str:outcome>/", outcome_views.rows, name="rows"),
    path("intake/<str:batch>/import", views.import_checked, name="import"),
    path("intake/<str:batch>/drop", views.drop, name="drop"),
    path("intake/<str:batch>/withdraw", views.withdraw, name="withdraw"),
    path("intake/<str:batch>/again", views.try_again, name="again"),
]
