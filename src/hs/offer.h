// What this side offers and accepts: the provider's algorithms, restricted and ordered by the
// configuration.
#ifndef SKR_HS_OFFER_H
#define SKR_HS_OFFER_H

#include "hs/hs.h"

// The n-th, NULL when there are no more.
const suite_t *offer_suite(const skr_config_t *config, size_t n);
const skr_group_t *offer_group(const skr_config_t *config, size_t n);
// For CertificateVerify: schemes that TLS 1.3 signs handshakes with (RFC 9846 section 4.3.3).
const skr_signature_t *offer_scheme(const skr_config_t *config, size_t n);
// One of the above by number, NULL when it is not offered.
const suite_t *offer_find_suite(const skr_config_t *config, uint16_t id);
const skr_group_t *offer_find_group(const skr_config_t *config, uint16_t id);
const skr_signature_t *offer_find_scheme(const skr_config_t *config, uint16_t scheme);

// Does the configuration's list allow this scheme in handshakes, as far as the version does?
bool offer_lists(const skr_config_t *config, uint16_t scheme);

// The extensions that a ClientHello and other messages share.
void offer_write_groups(const skr_config_t *config, writer_t *w);
// signature_algorithms: schemes for CertificateVerify, then those that only certificates may use.
void offer_write_schemes(const skr_config_t *config, writer_t *w);

// Chooses this side's credential and scheme (hs->credential, hs->scheme, hs->name_known): the first
// credential whose key fits the peer's signature_algorithms and auth; among those one that bears
// the name, when there is a name. In TLS 1.2 the PKCS#1 schemes sign handshakes too. false: none
// fits.
bool offer_credential(hs_t *hs, skr_view_t peer_schemes, const skr_name_t *name, suite_auth_t auth);

#endif
