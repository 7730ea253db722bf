from django.urls import path

from referrals import allocation_views, views
from referrals.refer_in import staff_views as refer_in
from referrals.refer_in.views import ask_for_support
from referrals.rules import preview_views
from referrals.rules import views as rules
from referrals.rules import worklist as triage

app_name = "referrals"
urlpatterns = [
    path("referrals/", views.board, name="list"),
    path("referrals/allocate/", allocation_views.allocate, name="allocate"),
    path("referrals/allocate/undo", allocation_views.undo_allocation, name="undo"),
    path("referrals/allocate/points/", allocation_views.workload, name="workload"),
    path(
        "referrals/allocate/points/<int:number>/approve",
        allocation_views.approve_workload,
        name="approve-workload",
    ),
    path("referrals/reallocate/<str:officer>/", allocation_views.reallocate, name="reallocate"),
    path("referrals/from-us/new", refer_in.refer_in, name="refer-in"),
    path("referrals/from-us/", refer_in.from_us, name="from-us"),
    path("support/", ask_for_support, {"language": "en-gb"}, name="ask-for-support"),
    path("cymorth/", ask_for_support, {"language": "cy"}, name="gofyn-am-gymorth"),
    path("referrals/to-us/", views.own, name="own"),
    path("referrals/to-us/<str:onward>/", views.own_referral, name="own-referral"),
    path("referrals/triage/", triage.worklist, name="triage-list"),
    path("referrals/triage/again", triage.again, name="triage-again"),
    path("referrals/rules/", rules.versions, name="rules"),
    path("referrals/rules/begin", rules.draft, name="rules-draft"),
    path("referrals/rules/<int:number>/", rules.version_page, name="rules-version"),
    path("referrals/rules/<int:number>/preview", preview_views.preview_page, name="rules-preview"),
    path("referrals/rules/<int:number>/propose", rules.propose, name="rules-propose"),
    path("referrals/rules/<int:number>/approve", rules.approve, name="rules-approve"),
    path("referrals/rules/<int:number>/send-back", rules.send_back, name="rules-send-back"),
    path("referrals/rules/<int:number>/drop", rules.drop, name="rules-drop"),
    path("referrals/rules/<int:number>/add/<str:kind>", rules.add_rule, name="rules-add"),
    path("referrals/rules/<int:number>/priority/<int:priority>", rules.standard_page, name="rules-standard"),
    path("referrals/rules/<int:number>/rule/<str:rule>/", rules.rule_page, name="rules-rule"),
    path("referrals/rules/<int:number>/rule/<str:rule>/move", rules.move_rule, name="rules-move"),
    path("referrals/rules/<int:number>/rule/<str:rule>/remove", rules.remove_rule, name="rules-remove"),
    path("referrals/rules/<int:number>/rule/<str:rule>/fits", rules.add_way, name="rules-add-way"),
    path("referrals/rules/<int:number>/rule/<str:rule>/fits/<int:place>", rules.change_way, name="rules-way"),
    path(
        "referrals/rules/<int:number>/rule/<str:rule>/fits/<int:place>/remove",
        rules.remove_way,
        name="rules-remove-way",
    ),
    path("cases/<str:case>/<str:participant>/referral", triage.referral_page, name="triage"),
    path("cases/<str:case>/<str:participant>/referral/agree", triage.agree, name="agree"),
    path("cases/<str:case>/<str:participant>/referral/decide", triage.decide, name="decide"),
    path("cases/<str:case>/<str:participant>/refer-on", views.refer_on, name="refer-on"),
]
