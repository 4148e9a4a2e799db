"""What is judged: an image with its containers, a stack, servers. Each fulfils a protocol of the contract.

image.py     ─▶ container.py, on processes.py and handle.py: a container with what stands beside it (beside.py)
stack.py     ─▶ a compose project in a laid_out directory (workdir.py, shim.py)
servers.py   ─▶ hosts (host.py) with whoever deploys to them (operator.py); authority.py signs their certificates
waiting.py   ─▶ how all of them wait, and quote a log
http.py, site.py, traffic.py, scan.py, cgroup.py ─▶ what they are asked with
"""
