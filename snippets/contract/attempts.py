"""An account and its password -> whether that opens it, tried over ssh as by anybody, by either way to be asked."""

from .servers import Servers

PASSWORD = "hb-canary-password"  # noqa: S105 - of accounts that are made to be tried
ACCOUNT = "canary"
GIVE = f"""
id {ACCOUNT} || useradd --create-home {ACCOUNT}
printf '%s\\n' root:{PASSWORD} {ACCOUNT}:{PASSWORD} | chpasswd
"""
ATTEMPT = """
printf '#!/bin/sh\\necho {password}\\n' > ~/askpass && chmod 700 ~/askpass
SSH_ASKPASS=~/askpass SSH_ASKPASS_REQUIRE=force ssh -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 \
    -o PreferredAuthentications=keyboard-interactive,password {user}@{host} true
"""


def passwords_given(servers: Servers, host: str) -> bool:
    """Give root and another account a password; whether it is right there, or an attempt that fails says nothing."""
    servers.run(GIVE, on=host)
    return servers.run(f"su {ACCOUNT} -c 'echo {PASSWORD} | su root -c true'", on=host, check=False).status == 0


def opens(servers: Servers, user: str, host: str) -> bool:
    """Whether the password opens an account."""
    return servers.run(ATTEMPT.format(password=PASSWORD, user=user, host=host), check=False).status == 0
