# SPDX-License-Identifier: BSD-2-Clause
"""Routes and neighbours from a file, as a program that forwards packets sees them."""
import copy
import json
import socket
import struct

from harness import CommandTest, main, obj

FORWARD = obj("forward")
NET = {
    "links": [{"ifindex": 2, "name": "eth0", "mtu": 1400, "mac": "02:00:00:00:00:02", "addr4": "192.0.2.1",
               "forwarding": True}],
    "routes": [{"dst": "192.0.2.0/24", "dev": "eth0"},
               {"dst": "10.0.0.0/8", "via": "192.0.2.254", "dev": 2, "table": 254},
               {"dst": "10.1.0.0/16", "type": "blackhole"}],
    "neighs": [{"addr": "192.0.2.254", "mac": "02:00:00:00:00:fe", "dev": "eth0"}],
    "rules": [{"mark": 7, "table": 100, "family": "inet"}],
}
SUCCESS, BLACKHOLE, NOT_FWDED, FWD_DISABLED, NO_NEIGH, FRAG_NEEDED = 0, 1, 4, 5, 7, 8


def packet(dst, tot_len=50):
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, tot_len, 0, 0, 64, 17, 0, socket.inet_aton("192.0.2.9"),
                     socket.inet_aton(dst))
    return (b"\xaa" * 12 + b"\x08\x00" + ip).ljust(64, b"\0")


class Net(CommandTest):
    def forward(self, net, dst, tot_len=50):
        """The answer of the lookup, the verdict and the MAC addresses behind it."""
        r = self.run_json("--net", self.write("net.json", json.dumps(net)), "--data-in",
                          self.write("in", packet(dst, tot_len)), "--data-out", self.path("out"), "--maps", FORWARD)
        answer = r["maps"]["forward.data"]["entries"][0]["value"]["answer"]
        return answer, r["verdict"], self.read("out")[:12].hex()

    def changed(self, change):
        net = copy.deepcopy(NET)
        change(net)
        return net

    def test_a_packet_leaves_with_the_next_hops_addresses(self):
        self.assertEqual(self.forward(NET, "10.2.3.4"), (SUCCESS, "XDP_TX", "0200000000fe" + "020000000002"))

    def test_what_is_not_forwarded_is_told_apart(self):
        same = ("XDP_PASS", "aa" * 12)
        self.assertEqual(self.forward(NET, "10.1.2.3"), (BLACKHOLE, *same))
        self.assertEqual(self.forward(NET, "172.16.0.1"), (NOT_FWDED, *same))
        self.assertEqual(self.forward(NET, "192.0.2.77"), (NO_NEIGH, *same))
        self.assertEqual(self.forward(NET, "10.2.3.4", tot_len=1401), (FRAG_NEEDED, *same))
        off = self.changed(lambda net: net["links"][0].update(forwarding=False))
        self.assertEqual(self.forward(off, "10.2.3.4"), (FWD_DISABLED, *same))

    def test_without_a_file_there_is_no_such_interface(self):
        self.skep("run", "--json", "--maps", "--data-in", self.write("in", packet("10.2.3.4")), FORWARD)
        entry = json.loads(self.out)["maps"]["forward.data"]["entries"][0]
        self.assertEqual(entry["value"]["answer"], -19)

    def test_what_does_not_fit_is_named_with_its_place(self):
        def said(content):
            text = content if isinstance(content, str) else json.dumps(content)
            return self.complaint("run", "--net", self.write("net.json", text), FORWARD)

        wrong = {
            "links[0].mac: a MAC address": lambda n: n["links"][0].update(mac="02:00"),
            "links[0].mtu: a number": lambda n: n["links"][0].update(mtu=-1),
            "links[0]: MTU 10: 68 to 65536": lambda n: n["links"][0].update(mtu=10),
            "links[0].colour: there is no such member": lambda n: n["links"][0].update(colour=1),
            'links[0]: there is no "ifindex"': lambda n: n["links"][0].pop("ifindex"),
            "links[1]: links[0] is interface 2 already": lambda n: n["links"].append({"ifindex": 2}),
            'routes[0].dst: a prefix such as "10.0.0.0/8" is needed, not "10.0.0.0\\/33"':
                lambda n: n["routes"][0].update(dst="10.0.0.0/33"),
            "routes[0]: the destination has bits behind its prefix of 8":
                lambda n: n["routes"][0].update(dst="10.1.0.0/8"),
            "routes[1]: there is no interface 3": lambda n: n["routes"][1].update(dev=3),
            "routes[1].dev: the index or the name": lambda n: n["routes"][1].update(dev="eth1"),
            "routes[1].via: an IPv4 or IPv6 address": lambda n: n["routes"][1].update(via="gateway"),
            "routes[2].type: unicast, local": lambda n: n["routes"][2].update(type="nat"),
            "neighs[0]: an object is needed, not 3": lambda n: n.update(neighs=[3]),
            'rules[0].family: "inet" or "inet6"': lambda n: n["rules"][0].update(family=4),
            "names: there is no such list": lambda n: n.update(names=[]),
            "rules: a list is needed, not {": lambda n: n.update(rules={}),
        }
        for sentence, change in wrong.items():
            self.assertIn("net.json: " + sentence, said(self.changed(change)))
        self.assertIn("net.json: an object is needed", said([]))
        self.assertIn("net.json:1:", said('{"links": ['))
        self.assertIn("nothing.json", self.complaint("run", "--net", "nothing.json", FORWARD))

    def test_the_kernel_has_a_network_of_its_own(self):
        path = self.write("net.json", json.dumps(NET))
        self.assertIn("--net", self.complaint("run", "--kernel", "--net", path, FORWARD))


if __name__ == "__main__":
    main()
