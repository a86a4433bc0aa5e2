//! `Debug` prints neither secrets nor tokens nor signatures.

use std::fmt::Debug;

use pinpoint_iam_sigv4::SecretKey;

use crate::request::{SECRET, credentials, vector_time};
use crate::signer::Signer;

#[test]
fn debug_prints_nothing_secret() {
    let signer = Signer {
        token: Some("the-token"),
        ..Signer::default()
    };
    for request in [signer.header(), signer.presigned()] {
        let verifier = pinpoint_iam_sigv4::Verifier::new("us-east-1", "mobiletargeting")
            .with_clock(vector_time);
        let signed = verifier.read(&request.head()).unwrap().unwrap();
        let printed: [&dyn Debug; 6] = [
            &SecretKey::new(SECRET),
            &credentials(Some("the-token")),
            &signed,
            signed.access_key(),
            &request.head(),
            &verifier,
        ];
        for value in printed {
            let text = format!("{value:?} {value:#?}");
            assert!(!text.contains(SECRET), "{text}");
            assert!(!text.contains("the-token"), "{text}");
            assert!(!text.contains("Signature="), "{text}");
        }
        assert!(format!("{signed:?}").contains("AKIDEXAMPLE"));
    }
}
