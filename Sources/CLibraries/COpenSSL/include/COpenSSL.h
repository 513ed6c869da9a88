// The module's umbrella: a header that is not listed here is not seen by Swift.
#include "jask_aead.h"
#include "jask_crypto.h"
#include "jask_dtls.h"
#include "jask_hmac.h"
#include "jask_srtp_cipher.h"
