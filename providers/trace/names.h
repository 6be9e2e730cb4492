/* SPDX-License-Identifier: MIT */
#ifndef WS2_TRACE_NAMES_H
#define WS2_TRACE_NAMES_H
/* The SDK's constants by name; names_pe.c checks each row against the SDK's headers. */

#define NAMES_FAMILIES(X)                                                                          \
    X(AF_UNSPEC, 0) X(AF_UNIX, 1) X(AF_INET, 2) X(AF_IPX, 6) X(AF_APPLETALK, 16)                   \
    X(AF_NETBIOS, 17) X(AF_INET6, 23) X(AF_IRDA, 26) X(AF_BTH, 32)

#define NAMES_TYPES(X)                                                                             \
    X(SOCK_STREAM, 1) X(SOCK_DGRAM, 2) X(SOCK_RAW, 3) X(SOCK_RDM, 4) X(SOCK_SEQPACKET, 5)

#define NAMES_PROTOCOLS(X)                                                                         \
    X(IPPROTO_IP, 0) X(IPPROTO_ICMP, 1) X(IPPROTO_IGMP, 2) X(IPPROTO_IPV4, 4) X(IPPROTO_TCP, 6)    \
    X(IPPROTO_UDP, 17) X(IPPROTO_IPV6, 41) X(IPPROTO_ICMPV6, 58) X(IPPROTO_PGM, 113)               \
    X(IPPROTO_RAW, 255)

#define NAMES_SOCKET_FLAGS(X)                                                                      \
    X(WSA_FLAG_OVERLAPPED, 0x01) X(WSA_FLAG_MULTIPOINT_C_ROOT, 0x02)                               \
    X(WSA_FLAG_MULTIPOINT_C_LEAF, 0x04) X(WSA_FLAG_MULTIPOINT_D_ROOT, 0x08)                        \
    X(WSA_FLAG_MULTIPOINT_D_LEAF, 0x10) X(WSA_FLAG_ACCESS_SYSTEM_SECURITY, 0x40)                   \
    X(WSA_FLAG_NO_HANDLE_INHERIT, 0x80) X(WSA_FLAG_REGISTERED_IO, 0x100)

#define NAMES_MESSAGE_FLAGS(X)                                                                     \
    X(MSG_OOB, 0x1) X(MSG_PEEK, 0x2) X(MSG_DONTROUTE, 0x4) X(MSG_WAITALL, 0x8)                     \
    X(MSG_INTERRUPT, 0x10) X(MSG_PUSH_IMMEDIATE, 0x20) X(MSG_TRUNC, 0x0100)                        \
    X(MSG_CTRUNC, 0x0200) X(MSG_BCAST, 0x0400) X(MSG_MCAST, 0x0800) X(MSG_PARTIAL, 0x8000)

#define NAMES_EVENTS(X)                                                                            \
    X(FD_READ, 0x01) X(FD_WRITE, 0x02) X(FD_OOB, 0x04) X(FD_ACCEPT, 0x08) X(FD_CONNECT, 0x10)      \
    X(FD_CLOSE, 0x20) X(FD_QOS, 0x40) X(FD_GROUP_QOS, 0x80) X(FD_ROUTING_INTERFACE_CHANGE, 0x100)  \
    X(FD_ADDRESS_LIST_CHANGE, 0x200)

#define NAMES_POLL_EVENTS(X)                                                                       \
    X(POLLIN, 0x0300) X(POLLRDNORM, 0x0100) X(POLLRDBAND, 0x0200) X(POLLPRI, 0x0400)               \
    X(POLLOUT, 0x0010) X(POLLWRBAND, 0x0020) X(POLLERR, 0x0001) X(POLLHUP, 0x0002)                 \
    X(POLLNVAL, 0x0004)

#define NAMES_SHUTDOWNS(X) X(SD_RECEIVE, 0) X(SD_SEND, 1) X(SD_BOTH, 2)

#define NAMES_LEAF_FLAGS(X) X(JL_BOTH, 4) X(JL_RECEIVER_ONLY, 2) X(JL_SENDER_ONLY, 1)

#define NAMES_TRANSMIT_FLAGS(X)                                                                    \
    X(TF_DISCONNECT, 0x01) X(TF_REUSE_SOCKET, 0x02) X(TF_WRITE_BEHIND, 0x04)                       \
    X(TF_USE_SYSTEM_THREAD, 0x10) X(TF_USE_KERNEL_APC, 0x20)

#define NAMES_LEVELS(X)                                                                            \
    X(SOL_SOCKET, 0xffff) X(IPPROTO_IP, 0) X(IPPROTO_TCP, 6) X(IPPROTO_UDP, 17)                    \
    X(IPPROTO_IPV6, 41)

#define NAMES_SOL_SOCKET(X)                                                                        \
    X(SO_DEBUG, 0x0001) X(SO_ACCEPTCONN, 0x0002) X(SO_REUSEADDR, 0x0004) X(SO_KEEPALIVE, 0x0008)   \
    X(SO_DONTROUTE, 0x0010) X(SO_BROADCAST, 0x0020) X(SO_USELOOPBACK, 0x0040)                      \
    X(SO_LINGER, 0x0080) X(SO_OOBINLINE, 0x0100) X(SO_DONTLINGER, 0xffffff7f)                      \
    X(SO_EXCLUSIVEADDRUSE, 0xfffffffb) X(SO_SNDBUF, 0x1001) X(SO_RCVBUF, 0x1002)                   \
    X(SO_SNDLOWAT, 0x1003) X(SO_RCVLOWAT, 0x1004) X(SO_SNDTIMEO, 0x1005) X(SO_RCVTIMEO, 0x1006)    \
    X(SO_ERROR, 0x1007) X(SO_TYPE, 0x1008) X(SO_BSP_STATE, 0x1009) X(SO_GROUP_ID, 0x2001)          \
    X(SO_GROUP_PRIORITY, 0x2002) X(SO_MAX_MSG_SIZE, 0x2003) X(SO_PROTOCOL_INFOA, 0x2004)           \
    X(SO_PROTOCOL_INFOW, 0x2005) X(PVD_CONFIG, 0x3001) X(SO_CONDITIONAL_ACCEPT, 0x3002)            \
    X(SO_PAUSE_ACCEPT, 0x3003) X(SO_RANDOMIZE_PORT, 0x3005) X(SO_PORT_SCALABILITY, 0x3006)         \
    X(SO_REUSE_UNICASTPORT, 0x3007) X(SO_REUSE_MULTICASTPORT, 0x3008) X(SO_CONNDATA, 0x7000)       \
    X(SO_CONNOPT, 0x7001) X(SO_DISCDATA, 0x7002) X(SO_DISCOPT, 0x7003) X(SO_OPENTYPE, 0x7008)      \
    X(SO_MAXDG, 0x7009) X(SO_MAXPATHDG, 0x700A) X(SO_UPDATE_ACCEPT_CONTEXT, 0x700B)                \
    X(SO_CONNECT_TIME, 0x700C) X(SO_UPDATE_CONNECT_CONTEXT, 0x7010)

#define NAMES_IP(X)                                                                                \
    X(IP_OPTIONS, 1) X(IP_HDRINCL, 2) X(IP_TOS, 3) X(IP_TTL, 4) X(IP_MULTICAST_IF, 9)              \
    X(IP_MULTICAST_TTL, 10) X(IP_MULTICAST_LOOP, 11) X(IP_ADD_MEMBERSHIP, 12)                      \
    X(IP_DROP_MEMBERSHIP, 13) X(IP_DONTFRAGMENT, 14) X(IP_ADD_SOURCE_MEMBERSHIP, 15)               \
    X(IP_DROP_SOURCE_MEMBERSHIP, 16) X(IP_BLOCK_SOURCE, 17) X(IP_UNBLOCK_SOURCE, 18)               \
    X(IP_PKTINFO, 19) X(IP_RECVTTL, 21) X(IP_RECEIVE_BROADCAST, 22) X(IP_RECVIF, 24)               \
    X(IP_RECVDSTADDR, 25) X(IP_UNICAST_IF, 31) X(IP_RECVTOS, 40) X(MCAST_JOIN_GROUP, 41)           \
    X(MCAST_LEAVE_GROUP, 42) X(MCAST_BLOCK_SOURCE, 43) X(MCAST_UNBLOCK_SOURCE, 44)                 \
    X(MCAST_JOIN_SOURCE_GROUP, 45) X(MCAST_LEAVE_SOURCE_GROUP, 46) X(IP_ORIGINAL_ARRIVAL_IF, 47)   \
    X(IP_ECN, 50) X(IP_MTU_DISCOVER, 71) X(IP_MTU, 73) X(IP_RECVERR, 75)

#define NAMES_IPV6(X)                                                                              \
    X(IPV6_HOPOPTS, 1) X(IPV6_HDRINCL, 2) X(IPV6_UNICAST_HOPS, 4) X(IPV6_MULTICAST_IF, 9)          \
    X(IPV6_MULTICAST_HOPS, 10) X(IPV6_MULTICAST_LOOP, 11) X(IPV6_ADD_MEMBERSHIP, 12)               \
    X(IPV6_DROP_MEMBERSHIP, 13) X(IPV6_DONTFRAG, 14) X(IPV6_PKTINFO, 19) X(IPV6_HOPLIMIT, 21)      \
    X(IPV6_PROTECTION_LEVEL, 23) X(IPV6_RECVIF, 24) X(IPV6_RECVDSTADDR, 25) X(IPV6_CHECKSUM, 26)   \
    X(IPV6_V6ONLY, 27) X(IPV6_UNICAST_IF, 31) X(IPV6_RTHDR, 32) X(IPV6_RECVRTHDR, 38)              \
    X(IPV6_TCLASS, 39) X(IPV6_RECVTCLASS, 40) X(MCAST_JOIN_GROUP, 41) X(MCAST_LEAVE_GROUP, 42)     \
    X(MCAST_BLOCK_SOURCE, 43) X(MCAST_UNBLOCK_SOURCE, 44) X(MCAST_JOIN_SOURCE_GROUP, 45)           \
    X(MCAST_LEAVE_SOURCE_GROUP, 46) X(IPV6_ECN, 50) X(IPV6_MTU_DISCOVER, 71) X(IPV6_MTU, 72)       \
    X(IPV6_RECVERR, 75)

#define NAMES_TCP(X)                                                                               \
    X(TCP_NODELAY, 1) X(TCP_EXPEDITED_1122, 2) X(TCP_KEEPALIVE, 3) X(TCP_MAXSEG, 4)                \
    X(TCP_MAXRT, 5) X(TCP_STDURG, 6) X(TCP_ATMARK, 8) X(TCP_TIMESTAMPS, 10) X(TCP_FASTOPEN, 15)    \
    X(TCP_KEEPCNT, 16) X(TCP_KEEPINTVL, 17) X(TCP_BSDURGENT, 0x7000)

#define NAMES_UDP(X) X(UDP_NOCHECKSUM, 1) X(UDP_CHECKSUM_COVERAGE, 20)

#define NAMES_IOCTLS(X)                                                                            \
    X(FIONREAD, 0x4004667f) X(FIONBIO, 0x8004667e) X(FIOASYNC, 0x8004667d)                         \
    X(SIOCATMARK, 0x40047307) X(SIO_ASSOCIATE_HANDLE, 0x88000001)                                  \
    X(SIO_ENABLE_CIRCULAR_QUEUEING, 0x28000002) X(SIO_FIND_ROUTE, 0x48000003)                      \
    X(SIO_FLUSH, 0x28000004) X(SIO_GET_BROADCAST_ADDRESS, 0x48000005)                              \
    X(SIO_GET_EXTENSION_FUNCTION_POINTER, 0xc8000006) X(SIO_GET_QOS, 0xc8000007)                   \
    X(SIO_GET_GROUP_QOS, 0xc8000008) X(SIO_MULTIPOINT_LOOPBACK, 0x88000009)                        \
    X(SIO_MULTICAST_SCOPE, 0x8800000a) X(SIO_SET_QOS, 0x8800000b)                                  \
    X(SIO_SET_GROUP_QOS, 0x8800000c) X(SIO_TRANSLATE_HANDLE, 0xc800000d)                           \
    X(SIO_ROUTING_INTERFACE_QUERY, 0xc8000014) X(SIO_ROUTING_INTERFACE_CHANGE, 0x88000015)         \
    X(SIO_ADDRESS_LIST_QUERY, 0x48000016) X(SIO_ADDRESS_LIST_CHANGE, 0x28000017)                   \
    X(SIO_QUERY_TARGET_PNP_HANDLE, 0x48000018) X(SIO_ADDRESS_LIST_SORT, 0xc8000019)                \
    X(SIO_BSP_HANDLE, 0x4800001b) X(SIO_BSP_HANDLE_SELECT, 0x4800001c)                             \
    X(SIO_BSP_HANDLE_POLL, 0x4800001d) X(SIO_EXT_SELECT, 0xc800001e) X(SIO_EXT_POLL, 0xc800001f)   \
    X(SIO_EXT_SENDMSG, 0xc8000020) X(SIO_BASE_HANDLE, 0x48000022) X(SIO_RCVALL, 0x98000001)        \
    X(SIO_RCVALL_MCAST, 0x98000002) X(SIO_RCVALL_IGMPMCAST, 0x98000003)                            \
    X(SIO_KEEPALIVE_VALS, 0x98000004) X(SIO_UCAST_IF, 0x98000006)                                  \
    X(SIO_LIMIT_BROADCASTS, 0x98000007) X(SIO_UDP_CONNRESET, 0x9800000c)                           \
    X(SIO_LOOPBACK_FAST_PATH, 0x98000010) X(SIO_TCP_INITIAL_RTO, 0x98000011)                       \
    X(SIO_CPU_AFFINITY, 0x98000015) X(SIO_TCP_SET_ACK_FREQUENCY, 0x98000017)                       \
    X(SIO_TCP_INFO, 0xd8000027) X(SIO_GET_INTERFACE_LIST, 0x4004747f)                              \
    X(SIO_GET_INTERFACE_LIST_EX, 0x4004747e)

/* WSAID_ of the extension functions, by the first 32 bits of the GUID. */
#define NAMES_EXTENSIONS(X)                                                                        \
    X(TRANSMITFILE, 0xb5367df0) X(ACCEPTEX, 0xb5367df1) X(GETACCEPTEXSOCKADDRS, 0xb5367df2)        \
    X(TRANSMITPACKETS, 0xd9689da0) X(CONNECTEX, 0x25a207b9) X(DISCONNECTEX, 0x7fda2e11)            \
    X(WSARECVMSG, 0xf689d7c8) X(WSASENDMSG, 0xa441e712) X(WSAPOLL, 0x18c76f85)

#endif
