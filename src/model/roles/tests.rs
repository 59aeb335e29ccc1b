//! The table once more in another form, and what must hold in it.

use super::*;

/// Every combination of roles, the empty one too.
fn combinations() -> impl Iterator<Item = Roles> {
    (0_u32..1 << Role::ALL.len()).map(|bits| {
        Role::ALL
            .into_iter()
            .filter(|role| bits & (1 << *role as u32) != 0)
            .collect()
    })
}

/// The table once more, in another form: what each role may alone, and what with a second.
const SPELLED_OUT: [(Role, &[&str], &[&str]); 9] = [
    (
        Role::Inspector,
        &[
            "watch-live",
            "steer-cameras",
            "review-recordings",
            "ask-access",
            "answer-alarms",
            "send-to-unit",
            "confirm-face",
            "search-faces",
            "search-plates",
            "see-bracelets",
            "hold-recordings",
            "keep-post",
            "report-camera",
        ],
        &["send-face", "lift-masks", "export-evidence"],
    ),
    (
        Role::Operator102,
        &["watch-live", "answer-alarms", "send-to-unit", "keep-post"],
        &[],
    ),
    (
        Role::Senior,
        &[
            "watch-live",
            "steer-cameras",
            "review-recordings",
            "show-big-screen",
            "ask-access",
            "approve-access",
            "answer-alarms",
            "send-to-unit",
            "confirm-face",
            "plan-lessons",
            "search-faces",
            "search-plates",
            "see-bracelets",
            "check-searches",
            "hold-recordings",
            "keep-post",
            "plan-shifts",
            "take-over",
            "see-statistics",
            "report-camera",
            "service-cameras",
        ],
        &[
            "send-face",
            "shelve-class",
            "change-rules",
            "lift-masks",
            "export-evidence",
            "erase-recordings",
        ],
    ),
    (
        Role::Chief,
        &[
            "watch-live",
            "steer-cameras",
            "review-recordings",
            "show-big-screen",
            "ask-access",
            "approve-access",
            "answer-alarms",
            "send-to-unit",
            "confirm-face",
            "plan-lessons",
            "search-faces",
            "search-plates",
            "see-bracelets",
            "check-searches",
            "hold-recordings",
            "plan-shifts",
            "take-over",
            "see-statistics",
            "report-camera",
        ],
        &[
            "send-face",
            "shelve-class",
            "change-rules",
            "lift-masks",
            "export-evidence",
            "erase-recordings",
        ],
    ),
    (Role::Trainer, &["run-drills"], &[]),
    (
        Role::Maintenance,
        &["report-camera", "service-cameras"],
        &[],
    ),
    (Role::Auditor, &["read-log"], &[]),
    (Role::Guest, &["watch-live"], &[]),
    (
        Role::Administrator,
        &["manage-people", "change-settings"],
        &[],
    ),
];

#[test]
fn every_cell_is_as_spelled_out() {
    assert_eq!(SPELLED_OUT.map(|(role, ..)| role), Role::ALL);
    for (role, alone, with_second) in SPELLED_OUT {
        for right in Right::ALL {
            let expect = match (
                alone.contains(&right.key()),
                with_second.contains(&right.key()),
            ) {
                (true, false) => Answer::Yes,
                (false, true) => Answer::WithSecond,
                (false, false) => Answer::No,
                (true, true) => panic!("{right:?} of {role:?} stands twice"),
            };
            assert_eq!(
                cell(role, right),
                expect,
                "{} of {}",
                right.key(),
                role.key()
            );
        }
        for name in alone.iter().chain(with_second) {
            assert!(
                Right::ALL.iter().any(|right| right.key() == *name),
                "{name}"
            );
        }
    }
}

#[test]
fn nobody_is_two_of_administrator_viewer_and_auditor() {
    let powers = |roles: &Roles| {
        APART
            .iter()
            .filter(|right| may(roles, **right) != Answer::No)
            .count()
    };
    let (mut allowed, mut refused) = (0, 0);
    for roles in combinations() {
        if allowed_together(&roles).is_ok() {
            assert!(powers(&roles) <= 1, "{roles:?}");
            allowed += 1;
        } else {
            refused += 1;
        }
    }
    for role in Role::ALL {
        assert_eq!(
            allowed_together(&[role].into()),
            Ok(()),
            "{role:?} by itself"
        );
    }
    // Of the six common roles any but the empty set: 63. Then auditor, guest, administrator, and
    // the administrator with a trainer, a maintenance contact or both, who see nothing live.
    assert_eq!((allowed, refused), (69, 512 - 69));
    let check = |roles: &[Role], expect: RolesProblem| {
        let roles: Roles = roles.iter().copied().collect();
        assert_eq!(allowed_together(&roles), Err(expect));
    };
    check(&[], RolesProblem::None);
    check(
        &[Role::Administrator, Role::Senior],
        RolesProblem::Apart(Role::Administrator, Role::Senior),
    );
    check(
        &[Role::Administrator, Role::Auditor],
        RolesProblem::Alone(Role::Auditor),
    );
    check(
        &[Role::Guest, Role::Inspector],
        RolesProblem::Alone(Role::Guest),
    );
}

#[test]
fn a_guest_has_fewer_rights_and_no_search_export_or_bracelets() {
    let guest: Roles = [Role::Guest].into();
    for right in [
        Right::SearchFaces,
        Right::SearchPlates,
        Right::ConfirmFace,
        Right::SendFace,
        Right::ExportEvidence,
        Right::SeeBracelets,
        Right::ReviewRecordings,
        Right::LiftMasks,
    ] {
        assert_eq!(may(&guest, right), Answer::No, "{right:?}");
        assert!(!may_be_second(&guest, right), "{right:?}");
    }
    assert_eq!(may(&guest, Right::WatchLive), Answer::Yes);
}

#[test]
fn the_best_of_several_roles_counts_and_no_role_may_nothing() {
    let both: Roles = [Role::Operator102, Role::Inspector].into();
    assert_eq!(may(&both, Right::ExportEvidence), Answer::WithSecond);
    assert_eq!(may(&both, Right::SteerCameras), Answer::Yes);
    for right in Right::ALL {
        assert_eq!(may(&Roles::new(), right), Answer::No);
        let somebody = Role::ALL
            .iter()
            .any(|role| cell(*role, right) != Answer::No);
        assert!(somebody, "nobody has {right:?}");
    }
}

#[test]
fn whoever_may_only_with_a_second_is_not_the_only_one_who_may() {
    // The second may be of the same role, but a right of a single post would never be used.
    for right in Right::ALL {
        let with_second = Role::ALL
            .iter()
            .filter(|role| cell(**role, right) == Answer::WithSecond);
        assert_ne!(with_second.count(), 1, "{right:?}");
    }
}

#[test]
fn names_in_records_are_those_of_the_table() {
    for role in Role::ALL {
        let text = serde_json::to_string(&role).expect("JSON");
        assert_eq!(text, format!("\"{}\"", role.key()));
        assert_eq!(serde_json::from_str::<Role>(&text).expect("read"), role);
    }
    for right in Right::ALL {
        let text = serde_json::to_string(&right).expect("JSON");
        assert_eq!(text, format!("\"{}\"", right.key()));
    }
}

#[test]
fn every_role_and_right_has_words() {
    for language in crate::words::Language::ALL {
        let words = Words::new(language);
        let mut seen = BTreeSet::new();
        for role in Role::ALL {
            assert!(!role.word(words).starts_with('['), "{role:?}");
            assert!(role.short_word(words).chars().count() <= 4, "{role:?}");
            assert!(
                seen.insert(role.short_word(words)),
                "{role:?} is like another"
            );
        }
        for right in Right::ALL {
            assert!(!right.word(words).starts_with('['), "{right:?}");
            assert!(seen.insert(right.word(words)), "{right:?} is like another");
        }
    }
}
