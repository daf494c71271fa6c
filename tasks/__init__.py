"""The verbs, in the order in which an operator meets them."""

from invoke.collection import Collection

from tasks import attach, build, check, deploy, hold, plan, post_release, prune, release, rollback, setup, status
from tasks.sandbox import verbs as sandbox_verbs

ns = Collection()
for _verb in (
    setup.setup,
    check.check,
    plan.plan,
    build.build,
    release.release,
    post_release.post_release,
    deploy.deploy,
    rollback.rollback,
    status.status,
    status.releases,
    status.history,
    status.logs,
    hold.hold,
    hold.unhold,
    attach.attach,
    attach.cancel,
    prune.prune,
):
    ns.add_task(_verb)
ns.add_collection(sandbox_verbs.ns)
