"""Things that do not answer: told apart by how the connection fails and by who else is on the machine."""

from sre_assistant.investigation.hypotheses.model import Hypothesis, Step, above, below

_DOWN = below("target.up", 0.5)

HOST_GONE = Hypothesis(
    id="host-gone",
    title="The machine of {instance} is gone from the network",
    key="target.up",
    explains=("target.up",),
    requires=((_DOWN,),),
    supports=(
        above("scrape.no_route", 0.5, 2.0),
        above("scrape.timeout", 0.5, 0.8),
        below("host.neighbour_down", 0.5, 0.8),
    ),
    refutes=(
        above("scrape.refused", 0.5, 3.0),
        above("scrape.bad_answer", 0.5, 3.0),
        above("host.neighbour_up", 0.5, 3.0),
    ),
    leads_to=("exporter-gone", "scrape-failing", "probe-failure"),
    harms="everything that runs on the machine of {instance}",
    remedies=(
        Step("Ask the network", "ping -c 3 -- {host}"),
        Step("Look at its console (hypervisor, IPMI, screen) and its power"),
        Step("Start it again only when you know why it went"),
    ),
    next_checks=("Whether other machines on the same switch or power strip are gone too.",),
    words=("host", "machine", "server", "node", "offline", "dead"),
)

EXPORTER_GONE = Hypothesis(
    id="exporter-gone",
    title="The exporter {job} at {instance} is gone; its machine still answers",
    key="target.up",
    explains=("target.up",),
    requires=((_DOWN,),),
    supports=(above("scrape.refused", 0.5, 2.0), above("host.neighbour_up", 0.5, 0.8)),
    refutes=(
        above("scrape.no_route", 0.5, 3.0),
        above("scrape.bad_answer", 0.5, 3.0),
        above("scrape.timeout", 0.5, 1.2),
    ),
    harms="what {job} watches at {instance} is not seen any more",
    remedies=(
        Step("See whether it runs and what it said last", "systemctl status -- {job}"),
        Step("Start it again; if it was killed, look for memory shortage and updates first"),
    ),
    next_checks=("Whether something listens on that port: ss -ltnp on the machine.",),
    words=("exporter",),
)

SCRAPE_FAILING = Hypothesis(
    id="scrape-failing",
    title="The scrape of {job} at {instance} fails although something answers there",
    key="target.up",
    explains=("target.up",),
    requires=((_DOWN,),),
    supports=(
        above("scrape.bad_answer", 0.5, 2.0),
        above("host.neighbour_up", 0.5, 0.6),
        above("scrape.timeout", 0.5, 0.6),
    ),
    refutes=(above("scrape.refused", 0.5, 3.0), above("scrape.no_route", 0.5, 3.0)),
    harms="what {job} watches at {instance} is not seen any more",
    remedies=(
        Step(
            "Ask it as the metrics server does, and read what comes",
            "curl -sS --max-time 10 --url http://{instance}/metrics",
        ),
        Step("Mend what it complains about: credentials, path, certificate, or too short a timeout"),
    ),
    next_checks=("How long the exporter takes to answer, beside the scrape timeout.",),
    words=("scrape", "metrics"),
)

PROBE_FAILURE = Hypothesis(
    id="probe-failure",
    title="{instance} does not pass its probe",
    key="probe.success",
    explains=("probe.success", "probe.status_code", "probe.duration"),
    requires=((below("probe.success", 0.5),),),
    supports=(above("probe.status_code", 399.0, 0.8), above("target.up", 0.5, 0.4)),
    refutes=(below("target.up", 0.5, 2.0),),
    harms="whoever uses {instance}",
    remedies=(
        Step(
            "Ask it yourself from the machine that probes",
            "curl -sSv --max-time 10 -o /dev/null --url {instance}",
        ),
        Step("Look at the service behind it: is it running, what did it log last"),
    ),
    next_checks=(
        "Whether the name resolves, the port answers, and the certificate is accepted, in this order.",
    ),
    words=("probe", "website", "page", "service"),
)

CERTIFICATE_EXPIRING = Hypothesis(
    id="certificate-expiring",
    title="The certificate of {instance} expires in {value}",
    key="certificate.expires_in",
    explains=("certificate.expires_in",),
    requires=((below("certificate.expires_in", 7 * 86_400.0),),),
    supports=(below("certificate.expires_in", 86_400.0, 0.6),),
    owner="any",
    owner_requires=((below("certificate.expires_in", 90 * 86_400.0),),),
    harms="every client of {instance} once it has expired",
    remedies=(Step("See why the renewal did not run", "systemctl list-timers | grep -Ei 'cert|acme'"),),
    next_checks=("Which program renews it, and when it last tried.",),
    words=("certificate", "cert", "tls", "ssl"),
)

FAMILY = (HOST_GONE, EXPORTER_GONE, SCRAPE_FAILING, PROBE_FAILURE, CERTIFICATE_EXPIRING)
