// The part of OpenSSL's libcrypto (libssl-dev, 3.0 or later) that Hookwire calls. Nothing but includes stands here.
#ifndef HOOKWIRE_COPENSSL_SHIM_H
#define HOOKWIRE_COPENSSL_SHIM_H

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#endif
