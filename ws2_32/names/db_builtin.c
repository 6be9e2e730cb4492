/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/db_file.h"

/* IANA's Service Name and Transport Protocol Port Number Registry and Protocol Numbers; what
 * programs on a desktop or a server look up by name. */

static const char services[] = "echo 7/tcp\necho 7/udp\n"
                               "discard 9/tcp sink null\ndiscard 9/udp sink null\n"
                               "systat 11/tcp users\n"
                               "daytime 13/tcp\ndaytime 13/udp\n"
                               "qotd 17/tcp quote\nqotd 17/udp quote\n"
                               "chargen 19/tcp ttytst source\nchargen 19/udp ttytst source\n"
                               "ftp-data 20/tcp\nftp 21/tcp\nssh 22/tcp\ntelnet 23/tcp\n"
                               "smtp 25/tcp mail\n"
                               "time 37/tcp timserver\ntime 37/udp timserver\n"
                               "nameserver 42/tcp name\nnameserver 42/udp name\n"
                               "nicname 43/tcp whois\n"
                               "domain 53/tcp\ndomain 53/udp\n"
                               "bootps 67/udp dhcps\nbootpc 68/udp dhcpc\ntftp 69/udp\n"
                               "gopher 70/tcp\nfinger 79/tcp\n"
                               "http 80/tcp www www-http\n"
                               "kerberos 88/tcp krb5 kerberos-sec\nkerberos 88/udp krb5 kerberos-sec\n"
                               "hostname 101/tcp hostnames\n"
                               "pop2 109/tcp postoffice\npop3 110/tcp\n"
                               "sunrpc 111/tcp rpcbind portmap\nsunrpc 111/udp rpcbind portmap\n"
                               "auth 113/tcp ident tap\nnntp 119/tcp usenet\nntp 123/udp\n"
                               "epmap 135/tcp loc-srv\nepmap 135/udp loc-srv\n"
                               "netbios-ns 137/tcp nbname\nnetbios-ns 137/udp nbname\n"
                               "netbios-dgm 138/udp nbdatagram\nnetbios-ssn 139/tcp nbsession\n"
                               "imap 143/tcp imap4 imap2\n"
                               "snmp 161/udp\nsnmptrap 162/udp snmp-trap\n"
                               "bgp 179/tcp\nirc 194/tcp\nldap 389/tcp\nldap 389/udp\n"
                               "https 443/tcp MCom\nhttps 443/udp\n"
                               "microsoft-ds 445/tcp\nmicrosoft-ds 445/udp\n"
                               "kpasswd 464/tcp\nkpasswd 464/udp\nisakmp 500/udp ike\n"
                               "exec 512/tcp\nbiff 512/udp comsat\nlogin 513/tcp\nwho 513/udp whod\n"
                               "shell 514/tcp cmd\nsyslog 514/udp\nprinter 515/tcp spooler\n"
                               "talk 517/udp\nntalk 518/udp\nrouter 520/udp route routed\n"
                               "submission 587/tcp\nldaps 636/tcp sldap\n"
                               "ftps-data 989/tcp\nftps 990/tcp\ntelnets 992/tcp\nimaps 993/tcp\npop3s 995/tcp\n"
                               "socks 1080/tcp\n"
                               "ms-sql-s 1433/tcp\nms-sql-s 1433/udp\nms-sql-m 1434/tcp\nms-sql-m 1434/udp\n"
                               "l2tp 1701/udp\npptp 1723/tcp\nradius 1812/udp\nradacct 1813/udp\n"
                               "nfsd 2049/tcp nfs\nnfsd 2049/udp nfs\nmysql 3306/tcp\n"
                               "ms-wbt-server 3389/tcp rdp\nteredo 3544/udp\nipsec-msft 4500/udp\n"
                               "sip 5060/tcp\nsip 5060/udp\nsips 5061/tcp\n"
                               "xmpp-client 5222/tcp\nmdns 5353/udp\nllmnr 5355/udp\npostgresql 5432/tcp\n"
                               "http-alt 8080/tcp\n"
                               "tacacs 49/tcp\ntacacs 49/udp\n"
                               "ptp-event 319/udp\nptp-general 320/udp\nsvrloc 427/tcp\nsvrloc 427/udp\n"
                               "submissions 465/tcp smtps\n"
                               "dhcpv6-client 546/udp\ndhcpv6-server 547/udp\nafpovertcp 548/tcp\n"
                               "rtsp 554/tcp\nrtsp 554/udp\nnntps 563/tcp\nhttp-rpc-epmap 593/tcp\nipp 631/tcp\nipp 631/udp\n"
                               "kerberos-adm 749/tcp\nkerberos-adm 749/udp\nnetconf-ssh 830/tcp\ndomain-s 853/tcp\ndomain-s 853/udp\niscsi 860/tcp\nrsync 873/tcp\n"
                               "openvpn 1194/tcp\nopenvpn 1194/udp\nwins 1512/tcp\nwins 1512/udp\n"
                               "radius 1812/tcp\nradius-acct 1813/tcp\n"
                               "mqtt 1883/tcp\nssdp 1900/udp\nmacromedia-fcs 1935/tcp rtmp\nmsmq 1801/tcp\n"
                               "cvspserver 2401/tcp\nicpv2 3130/udp\niscsi-target 3260/tcp\nmsft-gc 3268/tcp\nmsft-gc-ssl 3269/tcp\nstun 3478/tcp turn\nstun 3478/udp turn\n"
                               "distcc 3632/tcp\nsvn 3690/tcp\nws-discovery 3702/tcp\nws-discovery 3702/udp\n"
                               "stuns 5349/tcp turns\nxmpp-server 5269/tcp\nwsdapi 5357/tcp\nwsdapi-s 5358/tcp\n"
                               "amqps 5671/tcp\namqp 5672/tcp\ncoap 5683/udp\ncoaps 5684/udp\nrfb 5900/tcp vnc-server\nwsman 5985/tcp\nwsmans 5986/tcp\nx11 6000/tcp\n"
                               "redis 6379/tcp\nircu 6667/tcp\nircs-u 6697/tcp\n"
                               "https-alt 8443/tcp pcsync-https\nsecure-mqtt 8883/tcp\ngit 9418/tcp\nzabbix-agent 10050/tcp\nzabbix-trapper 10051/tcp\n"
                               "memcache 11211/tcp\nmemcache 11211/udp\nmongodb 27017/tcp\nbacnet 47808/udp\n";

static const char protocols[] = "ip 0 IP\nicmp 1 ICMP\nigmp 2 IGMP\nggp 3 GGP\ntcp 6 TCP\negp 8 EGP\npup 12 PUP\n"
                                "udp 17 UDP\nhmp 20 HMP\nxns-idp 22 XNS-IDP\nrdp 27 RDP\nipv6 41 IPv6\n"
                                "ipv6-route 43 IPv6-Route\nipv6-frag 44 IPv6-Frag\ngre 47 GRE\nesp 50 ESP\nah 51 AH\n"
                                "ipv6-icmp 58 IPv6-ICMP\nipv6-nonxt 59 IPv6-NoNxt\nipv6-opts 60 IPv6-Opts\n"
                                "rvd 66 RVD\npgm 113 PGM\nsctp 132 SCTP\n";

static const char networks[] = "loopback 127\n";

struct span db_builtin(enum db_kind kind)
{
    switch (kind) {
    case DB_SERVICES:
        return (struct span){services, sizeof services - 1};
    case DB_PROTOCOLS:
        return (struct span){protocols, sizeof protocols - 1};
    default:
        return (struct span){networks, sizeof networks - 1};
    }
}
