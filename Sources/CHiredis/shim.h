// The part of hiredis (libhiredis-dev, 0.14 or later) that Hookwire calls: the RESP reader and the command formatter.
// Its sockets are not used: NIO is the transport. Nothing but includes stands here.
#ifndef HOOKWIRE_CHIREDIS_SHIM_H
#define HOOKWIRE_CHIREDIS_SHIM_H

#include <hiredis/hiredis.h>
#include <hiredis/read.h>

#endif
