#include "dtls_internal.h"

#include <pthread.h>
#include <string.h>

static int bio_write(BIO *bio, const char *bytes, int size) {
    jask_dtls *dtls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (dtls == NULL || size < 0) {
        return -1;
    }
    dtls->callbacks.send(dtls->callbacks.owner, (const uint8_t *)bytes, (size_t)size);
    return size;
}

static int bio_read(BIO *bio, char *out, int room) {
    jask_dtls *dtls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (dtls == NULL || dtls->datagram == NULL || room < 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    // As with recvfrom, what does not fit is lost: the next read must not start inside a datagram.
    size_t count = dtls->datagram_size < (size_t)room ? dtls->datagram_size : (size_t)room;
    memcpy(out, dtls->datagram, count);
    dtls->datagram = NULL;
    dtls->datagram_size = 0;
    return (int)count;
}

static long bio_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    // All questions about the path's MTU are answered by 0: it is set on the SSL, with SSL_OP_NO_QUERY_MTU.
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static int bio_create(BIO *bio) {
    BIO_set_init(bio, 1);
    return 1;
}

static pthread_once_t method_once = PTHREAD_ONCE_INIT;
static BIO_METHOD *method = NULL;

static void make_method(void) {
    BIO_METHOD *made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "jask datagrams");
    if (made != NULL && BIO_meth_set_write(made, bio_write) == 1 && BIO_meth_set_read(made, bio_read) == 1 &&
        BIO_meth_set_ctrl(made, bio_control) == 1 && BIO_meth_set_create(made, bio_create) == 1) {
        method = made;
    }
}

BIO *jask_dtls_bio_new(jask_dtls *dtls) {
    pthread_once(&method_once, make_method);
    BIO *bio = method == NULL ? NULL : BIO_new(method);
    if (bio != NULL) {
        BIO_set_data(bio, dtls);
    }
    return bio;
}
