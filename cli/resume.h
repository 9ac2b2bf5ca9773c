// Coming back quickly: a client's saved session and the keys of a server's tickets.
#ifndef CLI_RESUME_H
#define CLI_RESUME_H

#include "cli/files.h"
#include "skerry/skerry.h"

// A client's part. Start with zeros; with path NULL nothing is offered or saved.
typedef struct {
    const char *path; // where the session lies
    uint8_t key[SKR_SESSION_KEY_SIZE];
} resume_client_t;

// A server's part: the key that new tickets are sealed with and the one before it.
typedef struct {
    const skr_provider_t *provider;
    bool fixed; // the key came from a file: it does not rotate
    unsigned count; // keys that there are, 0 to 2
    int64_t made; // when the newest was
    skr_ticket_key_t keys[2]; // the newest first
} resume_server_t;

// Reads the key that seals the session from key_path (NULL: path with ".key" behind it), which is
// made when it is not there.
bool resume_client_make(resume_client_t *client, const char *path, const char *key_path,
    const skr_provider_t *provider, files_problem_t *problem);
// Offers the saved session. false: there is one, but it is of no use.
bool resume_offer(const resume_client_t *client, skr_conn_t *conn);
// Saves the newest session that came; false: see problem.
bool resume_save(const resume_client_t *client, skr_conn_t *conn, files_problem_t *problem);
// Forgets the saved session.
void resume_forget(const resume_client_t *client);

// Keys go before their memory does.
void resume_wipe(resume_client_t *client, resume_server_t *server);

// Tickets under keys of this process (path NULL), or under the one that path holds, which is made
// when it is not there. calls must not outlive server.
bool resume_server_make(resume_server_t *server, skr_ticket_keys_t *calls, const char *path,
    const skr_provider_t *provider, files_problem_t *problem);

#endif
