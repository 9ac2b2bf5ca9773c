// The key schedule, with both hashes of TLS 1.3 and both providers.
//
// Expected values were computed with Python's hmac and hashlib from RFC 9846 section 7; RFC 8448's
// traces, which know SHA-256 only, are in tests/vectors. Input: transcripts SHA("hello") and
// SHA("finished"), a shared secret of 40 41 ... 5f, a pre-shared key of 80 81 ... in hash length.
// Each call of the provider fails once, and leaves no secret behind.
#include "unit.h"

#include "base/bytes.h"
#include "keys/schedule.h"
#include "keys/suites.h"

// clang-format off
static const struct {
    unsigned hash;
    bool psk;
    const char *early, *handshake, *client_handshake, *server_handshake;
    const char *master, *client_application, *server_application, *exporter;
    const char *finished; // by the server's handshake secret over SHA("finished")
    const char *updated, *key, *iv; // of the client's application secret
    const char *exported, *exported_empty; // label "EXPORTER-x", context "ctx" and none, 40 bytes
} ladders[] = {
    {SKR_HASH_SHA256, false,
        "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a",
        "f3477fb0309863cbb9f22b379258f5f850f1f69a2e31220b2bef6654ee767a93",
        "a4df247e63dd9fc87818d52851bfd39ff9cf394a2238b5c85db975fa194db199",
        "28e7251dc3ddd7fd3deaf615db0c32a3ddde0541d3bc9e4a58f2fba10b830abd",
        "56f8f853209a46d870b72040e4048c1b92a9727a6bd29de55aec2998290fbc29",
        "1c4dda01307d68bba41356fa5375589ef5b89c1756cbef5d9ecac7393e4fee69",
        "940ad635888e29ba218e6de2a74884b9fb16bba1071c20fa720868822fd7e73a",
        "f8a2a4973e595b64998e8477b866197264bfcbbf63a0c0a5510d8d82cdc78592",
        "19966b50dc0ee1f16ded050e414a445f06940f87e54ac3fdbdc90f8008ba9fcb",
        "565e69c8ab1275d819b2b53780c3ad0c9ed2423fcde7d30be36c045639c31fd9",
        "afb2e34167683b03bffbd4bfc31d0b436a63a90308353d44465d8b7e48314e09",
        "a1025a232b101d9c156d668b",
        "d93be14d5dc1de04da517d027f27f6840d8660afc8617143e9c6c6d40783eb404f030eed6f0de59e",
        "ba6c6ce13b4e0570ffc7e20140442e8e0b0dbde929abca5e51ceca24e22f3761c55c1d153642c589"},
    {SKR_HASH_SHA256, true,
        "35bff8cc7ec7c4eef447e6c1af4f652860bdba01f3a55a834b83b412bd40e94e",
        "4daa7e276d708ee44fbe769cb5a69e36191a0be52c285e8abbff457c0312ee2d",
        "a6f7373bb0af23b1ca54c37453327542ab1ea3ab84bf9e74e540814b4026c6e0",
        "71dbf80e3670803d9e10351cf70892fa5e0b1f1b96d6e9320d218c21ec16692d",
        "6b9ce01a5a9a9da7dc60f49a43e3a3a99805c8df29e527f61486328933ac233e",
        "3a6c924bf62c684f8be57e3216e93dc50b9f347ce640f26419e5460a59ae5d34",
        "0c1bd1639cd6f946d53994e3a7d398640b159d14bd6700e6b7276ee1476ca273",
        "a63cf56bdfe0408989a529a1ec5190b00feb34a91eddea868aee83847798ef97",
        "3cae19d4a8ee124020173e72b47fbb3100d6159d74366be2b00ae0533395db9f",
        "5541d400db52feca3582634491f773055d8ccf88dd336a9feae4490936c67b43",
        "62f2e6cd6e9e2a24a8b57fd5a53aa917f84c947ba4f0c1200874fab80e6a6456",
        "39a436cb50595d4aadbf3317",
        "89311abfeb2316fcf1a942d65662c551c5f5d3e8ab6b29d6d8ef1780a859dc72eaf889c8035c46eb",
        "41c68acbf618c3b4106d2df556d130ed26c585e977287e1fa181568ec140227f546c920103bd05ff"},
    {SKR_HASH_SHA384, false,
        "7ee8206f5570023e6dc7519eb1073bc4e791ad37b5c382aa10ba18e2357e716971f9362f2c2fe2a76bfd78dfec4ea9b5",
        "bbd93bcbc1bcdb2b105c9b3974607160e296380b5be2dfee06c090eb0e5d053470c8c4be2bb657ccde2c7d571020e63a",
        "8847dd18f344b1c4e37d65bc046d5e36ab509f7f79d18a7fd53f36712b7153dab99100d35aea3fdfc92ee29b7bd69232",
        "45eded4b1ee853841bd2f3467a9a02cd00d94e09393f52da9cc7da2e9e123ee6e904188dcc6da48f1c86a8ba9257a765",
        "8c8ea932d32e6ca4fc2e9c2a8b5965a181509681d20c37499fc2f4d684df3a22bd06fac26b9a331465132a0d6c22ea81",
        "96ab68d37d31ee9dbdb0bd86dcc6ce17639a6e60d876c825b0f763f3f94c88ea31064898a5c1c45c976e028607bcbac3",
        "6d6f7fbb5fa05c24dd23b25635a73e707cf2eb714d74de2171f719e76914b2d6566fc5d5ceca6775c13744eca66ebe30",
        "9b7e8f18a81b9a1e648b7f4041ffb14c8cf62162a05c51b5b47abe8353e4219474e68bb61e5bd5561d57c1eabc3f567e",
        "a2fbfdacaabbf39f92b76e8a2297511865b3b01a3509d8a4c4a8f2430d1cffbe986a3f8d10b198155a4e98efa447cc3a",
        "125c9c774986971371fbb2afdbf76c0df77b3b8b78283a9bf7a897e9e8a2cf4a1fa8cd2f788c5f56c8649e8db34cb181",
        "44b0b5fc662ee7219a5cf37837cb36012a011a6cebb98830d161675fa0e85ee8",
        "1d0eb5e8cd23a0d8fe941d09",
        "435efe2ba0b985d4b8634f1d1106bffc8d94f047af5ae028e3c686d32e9ba1bacf79f646f07f60e8",
        "07668c419747455caa082dae67175fdb7b492b2418bea3fefc54a0653f5dfac0a652c836cb6651c4"},
    {SKR_HASH_SHA384, true,
        "129999c5a569d7d684665b570194bb0e6d8d25318d520b5f4314595f7afe7137763db20e332249f12b1b2a6fb8859957",
        "90f0ff926b58aac1c7a2599dae263230b97bce436fa25f66f42145e4d03b37d6098c8ab9e73e1f2b448c82756e4465c0",
        "f6cd4de511f19528747bd65a2585f5669185106a7eec59a93f2206dfb9ee1d6b819e9c7f0a7c5f35ea2d30c6adb5633c",
        "8df04240faf1b72fdee1f58c4bce57e9424106331550a8878291ac1095bb36d8ac6f98821b7f9c8767adf93a443fcb9f",
        "d95820938382cfcbd24cd85b27af12fa4cd2a6c7e408082d338dfbe38c33fd3a19d4120058b0f0aaf32da9e7c3f52c19",
        "52af3f168a4a380c170744e56bb316a3fadbb0b60e74077932a5f2830bf102402f4713ae19e0acfb1d0c53aa0bafe3e6",
        "217e78520e1fdd08947167ceb098ea7dc2e2ff64a326b07a8b9e6ee8a030943b9ced9b6b6a8c1fc24f520777f634c3ee",
        "fc5f7a63b8a7d0daadfbe15fa51619136e8bf446067b71cd04bb2fb409d4b054df48850f140466594ae4bb2da70d94b7",
        "65a250ce0b8ea28bc04181bd557e941dee4dbc556262ccee1bb68e4ac5fcce980cfd08131cc47b42cc111b08a21c9ce7",
        "ade0d4e36667f3bda267226f880621d61b9558ff4f17a7a311923db46ffad02970161cd93a45ff4d9bc7d4024f56c9e9",
        "a94bcd451a672f83c97255bd1b84cab4a10ed347cf2eb4bde47ed6786e1a5cde",
        "8f5d0f0a027af12344e80426",
        "de0a9afb37c7f900aac26e67296360bc9f9038a2d154582489103867ba4eba2d21aac24ac2741afa",
        "caffc76e192fee1bd4b9ab28d70173bc24ad40a3083c0b3259f462b1a1e9e8e2c159b17d02c0027b"},
};
// clang-format on
enum { LADDERS = sizeof(ladders) / sizeof(ladders[0]) };

static void hash_text(const skr_hash_t *hash, const char *text, uint8_t *out) {
    _Alignas(16) uint8_t hash_state[SKR_HASH_STATE_MAX];
    assert_true(hash->init(hash_state) &&
        hash->update(hash_state, (const uint8_t *)text, strlen(text)) &&
        hash->result(hash_state, out));
}

static skr_view_t counted(uint8_t *bytes, uint8_t first, size_t size) {
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(first + i);
    }
    return view_of(bytes, size);
}

// Up the whole ladder; false where a provider failed.
static bool climb(schedule_t *s, const skr_hash_t *hash, bool with_psk) {
    uint8_t psk[SKR_HASH_SIZE_MAX], shared[32], hello[SKR_HASH_SIZE_MAX];
    uint8_t finished[SKR_HASH_SIZE_MAX];
    static const skr_view_t absent = {NULL, 0};
    // the real hash, so that only the schedule's own calls are counted
    const skr_hash_t *real = provider_hash(unit_providers[0], hash->id);
    hash_text(real, "hello", hello);
    hash_text(real, "finished", finished);
    return schedule_early(s, hash, with_psk ? counted(psk, 0x80, hash->size) : absent) &&
        schedule_handshake(s, counted(shared, 0x40, sizeof(shared)), hello) &&
        schedule_master(s, finished);
}

#define ASSERT_SECRET(got, text) unit_assert_hex(view_of(got, hash->size), text)

static void test_ladder(void **state) {
    (void)state;
    for (size_t i = 0; i < LADDERS * UNIT_PROVIDERS; i++) {
        const skr_hash_t *hash = provider_hash(unit_providers[i % 2], ladders[i / 2].hash);
        uint8_t psk[SKR_HASH_SIZE_MAX], shared[32], digest[SKR_HASH_SIZE_MAX];
        schedule_t s;
        memset(&s, 0xee, sizeof(s));
        skr_view_t absent = view_of(NULL, 0);
        assert_true(
            schedule_early(&s, hash, ladders[i / 2].psk ? counted(psk, 0x80, hash->size) : absent));
        ASSERT_SECRET(s.secret, ladders[i / 2].early);
        assert_true(unit_wiped(s.client_handshake, 5 * sizeof(s.secret))); // nothing of before
        hash_text(hash, "hello", digest);
        assert_true(schedule_handshake(&s, counted(shared, 0x40, sizeof(shared)), digest));
        ASSERT_SECRET(s.secret, ladders[i / 2].handshake);
        ASSERT_SECRET(s.client_handshake, ladders[i / 2].client_handshake);
        ASSERT_SECRET(s.server_handshake, ladders[i / 2].server_handshake);
        hash_text(hash, "finished", digest);
        assert_true(schedule_master(&s, digest));
        ASSERT_SECRET(s.secret, ladders[i / 2].master);
        ASSERT_SECRET(s.client_application, ladders[i / 2].client_application);
        ASSERT_SECRET(s.server_application, ladders[i / 2].server_application);
        ASSERT_SECRET(s.exporter, ladders[i / 2].exporter);
        ASSERT_SECRET(s.client_handshake, ladders[i / 2].client_handshake);
        assert_ptr_equal(s.hash, hash);
    }
}

static void test_made_of_secrets(void **state) {
    (void)state;
    for (size_t i = 0; i < LADDERS * UNIT_PROVIDERS; i++) {
        const skr_hash_t *hash = provider_hash(unit_providers[i % 2], ladders[i / 2].hash);
        uint8_t digest[SKR_HASH_SIZE_MAX], out[SKR_HASH_SIZE_MAX];
        uint8_t key[SKR_AEAD_KEY_MAX], iv[SKR_AEAD_NONCE_SIZE];
        schedule_t s;
        assert_true(climb(&s, hash, ladders[i / 2].psk));
        hash_text(hash, "finished", digest);
        assert_true(schedule_finished(hash, s.server_handshake, digest, out));
        ASSERT_SECRET(out, ladders[i / 2].finished);
        assert_true(schedule_traffic_keys(hash, s.client_application, key, sizeof(key), iv));
        unit_assert_hex(view_of(key, sizeof(key)), ladders[i / 2].key);
        unit_assert_hex(view_of(iv, sizeof(iv)), ladders[i / 2].iv);
        assert_true(schedule_update(hash, s.client_application));
        ASSERT_SECRET(s.client_application, ladders[i / 2].updated);
    }
}

static void test_export(void **state) {
    (void)state;
    static const skr_view_t absent = {NULL, 0};
    for (size_t i = 0; i < LADDERS * UNIT_PROVIDERS; i++) {
        const skr_hash_t *hash = provider_hash(unit_providers[i % 2], ladders[i / 2].hash);
        schedule_t s;
        uint8_t out[40];
        skr_view_t label = VIEW_LITERAL("EXPORTER-x");
        assert_true(climb(&s, hash, ladders[i / 2].psk));
        assert_true(schedule_export(hash, s.exporter, label, VIEW_LITERAL("ctx"), out, 40));
        unit_assert_hex(view_of(out, 40), ladders[i / 2].exported);
        // an absent context is the same as an empty one (section 7.5)
        assert_true(schedule_export(hash, s.exporter, label, absent, out, 40));
        unit_assert_hex(view_of(out, 40), ladders[i / 2].exported_empty);
        assert_true(schedule_export(hash, s.exporter, label, VIEW_LITERAL(""), out, 40));
        unit_assert_hex(view_of(out, 40), ladders[i / 2].exported_empty);
    }
    static uint8_t large[255 * 32 + 1];
    const skr_hash_t *hash = provider_hash(unit_providers[0], SKR_HASH_SHA256);
    uint8_t one[32], none[32];
    assert_true(schedule_export(hash, large, VIEW_LITERAL("l"), VIEW_LITERAL("c"), one, 32));
    assert_true(schedule_export(hash, large, VIEW_LITERAL("l"), absent, none, 32));
    assert_memory_not_equal(one, none, 32);
    skr_view_t label = VIEW_LITERAL("l");
    assert_true(schedule_export(hash, large, label, absent, large + 32, sizeof(large) - 33));
    assert_false(schedule_export(hash, large, label, absent, large, sizeof(large)));
    assert_true(unit_wiped(large, sizeof(large)));
    static const uint8_t long_label[250];
    assert_false(schedule_export(hash, large, view_of(long_label, 250), absent, large + 32, 8));
}

static void test_ladder_faults(void **state) {
    (void)state;
    const skr_hash_t *real = provider_hash(unit_providers[0], SKR_HASH_SHA384);
    schedule_t s;
    assert_true(climb(&s, unit_fault_hash(real, UNIT_NEVER), true));
    unsigned calls = unit_fault_calls();
    assert_true(calls > 40);
    for (unsigned n = 0; n < calls; n++) {
        memset(&s, 0xee, sizeof(s));
        assert_false(climb(&s, unit_fault_hash(real, n), true));
        assert_true(unit_wiped(&s, sizeof(s)));
        assert_int_equal(unit_fault_calls(), n + 1);
    }
}

// A hash that is too large for the secrets is no hash of a TLS 1.3 suite.
static void test_too_large(void **state) {
    (void)state;
    schedule_t s;
    const skr_hash_t *hash = provider_hash(unit_providers[0], SKR_HASH_SHA512);
    assert_non_null(hash);
    assert_false(schedule_early(&s, hash, view_of(NULL, 0)));
    assert_true(unit_wiped(&s, sizeof(s)));
}

static bool run_finished(const skr_hash_t *hash, uint8_t *out) {
    static const uint8_t secret[32] = {1}, digest[32] = {2};
    return schedule_finished(hash, secret, digest, out);
}

static bool run_update(const skr_hash_t *hash, uint8_t *out) {
    return schedule_update(hash, out);
}

static bool run_traffic_keys(const skr_hash_t *hash, uint8_t *out) {
    static const uint8_t secret[32] = {1};
    return schedule_traffic_keys(hash, secret, out, 16, out + 16);
}

static bool run_export(const skr_hash_t *hash, uint8_t *out) {
    static const uint8_t secret[32] = {1};
    return schedule_export(hash, secret, VIEW_LITERAL("a"), VIEW_LITERAL("b"), out, 28);
}

static void test_faults(void **state) {
    (void)state;
    static const struct {
        bool (*run)(const skr_hash_t *hash, uint8_t *out);
        size_t size;
    } runs[] = {{run_finished, 32}, {run_update, 32}, {run_traffic_keys, 28}, {run_export, 28}};
    const skr_hash_t *real = provider_hash(unit_providers[0], SKR_HASH_SHA256);
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        uint8_t out[32];
        assert_true(runs[i].run(unit_fault_hash(real, UNIT_NEVER), out));
        unsigned calls = unit_fault_calls();
        assert_true(calls >= 8);
        for (unsigned n = 0; n < calls; n++) {
            memset(out, 0xee, sizeof(out));
            assert_false(runs[i].run(unit_fault_hash(real, n), out));
            assert_true(unit_wiped(out, runs[i].size));
            assert_int_equal(unit_fault_calls(), n + 1);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ladder),
        cmocka_unit_test(test_made_of_secrets),
        cmocka_unit_test(test_export),
        cmocka_unit_test(test_ladder_faults),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
