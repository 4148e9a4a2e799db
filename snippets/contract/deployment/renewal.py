"""What becomes of a certificate while nobody looks: another one, or a message."""

from ..certificates import FIRED_S, fired, renewed, warned
from ..promise import Judgement, kept_if, promise
from .description import Deployment
from .subject import Deployed
from .visitors import visits

# Longer than it takes to arrive and to ask for another one, short enough to be waited for.
SIGNED_FOR_S = 120.0


@promise(family="guard", authority="https://letsencrypt.org/docs/integration-guide/#when-to-renew")
def renews_itself(servers: Deployed, deployment: Deployment) -> Judgement:
    """A certificate is replaced in time and no request is lost; where nobody signs, somebody is told before it ends."""
    host = deployment.host
    timers = {name: deployment.silence_s(name) for name in deployment.timers}
    # Another promise may have had somebody told.
    before = len(servers.told())
    with servers.begun(signed_for_s=SIGNED_FOR_S):
        servers.arrive()
        with visits(servers, deployment) as seen:
            after_s = renewed(servers, host, SIGNED_FOR_S)
        if after_s is None:
            return kept_if(
                condition=False, seen=f"no other certificate within the {SIGNED_FOR_S:.0f} s that it is valid"
            )
        late = fired(servers, host, timers)
        calm = len(servers.told()) == before
        servers.authority.pause()
        with visits(servers, deployment) as still:
            told = warned(servers, host, timers, tries=int(SIGNED_FOR_S / FIRED_S))
    seen_ = f"valid for {SIGNED_FOR_S:.0f} s, it is another one after {after_s:.0f} s, and visitors got {seen}; "
    seen_ += f"{'nobody is told anything' if calm else 'somebody is told something'} while all is well; "
    seen_ += f"when nobody signs visitors got {still}, and "
    seen_ += f"with {told[1]:.0f} s left somebody is told: {told[0]}" if told else "nobody is told"
    seen_ += f"; {', '.join(late)} does not run in its time" if late else ""
    warned_of_it = told is not None and told[1] > 0 and host in told[0]
    return kept_if(warned_of_it and calm and not late and not seen.lost and not still.lost, seen_)
