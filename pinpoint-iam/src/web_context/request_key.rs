//! Condition keys whose values come from the web request itself.

/// A condition key whose value comes from the web request itself. Tags belong to the guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestKey {
    CurrentTime,
    EpochTime,
    Referer,
    RequestedRegion,
    SecureTransport,
    SourceIp,
    UserAgent,
}

impl RequestKey {
    pub(crate) const ALL: [Self; 7] = [
        Self::CurrentTime,
        Self::EpochTime,
        Self::Referer,
        Self::RequestedRegion,
        Self::SecureTransport,
        Self::SourceIp,
        Self::UserAgent,
    ];

    /// The key with this name, in lower case.
    pub(crate) fn of(folded: &str) -> Option<Self> {
        match folded {
            "aws:currenttime" => Some(Self::CurrentTime),
            "aws:epochtime" => Some(Self::EpochTime),
            "aws:referer" => Some(Self::Referer),
            "aws:requestedregion" => Some(Self::RequestedRegion),
            "aws:securetransport" => Some(Self::SecureTransport),
            "aws:sourceip" => Some(Self::SourceIp),
            "aws:useragent" => Some(Self::UserAgent),
            _ => None,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::CurrentTime => "aws:CurrentTime",
            Self::EpochTime => "aws:EpochTime",
            Self::Referer => "aws:Referer",
            Self::RequestedRegion => "aws:RequestedRegion",
            Self::SecureTransport => "aws:SecureTransport",
            Self::SourceIp => "aws:SourceIp",
            Self::UserAgent => "aws:UserAgent",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_at_their_places_and_are_found_by_their_names() {
        for (place, key) in RequestKey::ALL.into_iter().enumerate() {
            assert_eq!(key as usize, place);
            assert_eq!(RequestKey::of(&key.name().to_ascii_lowercase()), Some(key));
        }
    }
}
