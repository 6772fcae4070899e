//! The tables as both databases have them; `tests/it/schema_parity.rs` keeps the three in step.
//!
//! Dates are civil, timestamps are UTC with microseconds, money is in minor units.
#![allow(missing_docs)]

diesel::table! {
    society (id) {
        id -> BigInt,
        name -> Text,
        address -> Text,
        registration -> Text,
        charity_sentence -> Text,
        contact_email -> Text,
        bank_account_name -> Text,
        bank_sort_code -> Text,
        bank_account_number -> Text,
        cheques_payable_to -> Text,
    }
}

diesel::table! {
    secrets (name) {
        name -> Text,
        value -> Binary,
    }
}

diesel::table! {
    funds (id) {
        id -> BigInt,
        slug -> Text,
        title -> Text,
        currency -> Text,
        zone -> Text,
        rhythm -> Text,
        target_minor -> BigInt,
        carry -> Text,
        publication_days -> Text,
        ceiling_minor -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    appeals (id) {
        id -> BigInt,
        fund_id -> BigInt,
        name -> Text,
        opens_on -> Date,
        deadline_on -> Date,
        deadline_time -> Nullable<Text>,
        target_minor -> BigInt,
        carried_minor -> BigInt,
        carried_from -> Nullable<BigInt>,
        closed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    appeal_changes (id) {
        id -> BigInt,
        appeal_id -> BigInt,
        changed_at -> Timestamp,
        changed_by -> Text,
        field -> Text,
        old_value -> Text,
        new_value -> Text,
        reason -> Text,
    }
}

diesel::table! {
    appeal_totals (appeal_id) {
        appeal_id -> BigInt,
        raised_minor -> BigInt,
        donations -> BigInt,
        entry -> BigInt,
        hash -> Binary,
        adjusted_minor -> BigInt,
    }
}

diesel::table! {
    appeal_days (appeal_id, day, method) {
        appeal_id -> BigInt,
        day -> Date,
        method -> Text,
        raised_minor -> BigInt,
        donations -> BigInt,
    }
}

diesel::table! {
    accounts (id) {
        id -> BigInt,
        name -> Text,
        currency -> Text,
    }
}

diesel::table! {
    entries (number) {
        number -> BigInt,
        effective_on -> Date,
        recorded_at -> Timestamp,
        kind -> Text,
        subject -> Text,
        corrects -> Nullable<BigInt>,
        hash -> Binary,
    }
}

diesel::table! {
    postings (entry, line) {
        entry -> BigInt,
        line -> BigInt,
        account_id -> BigInt,
        amount_minor -> BigInt,
        appeal_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    account_days (account_id, day) {
        account_id -> BigInt,
        day -> Date,
        debit_minor -> BigInt,
        credit_minor -> BigInt,
    }
}

diesel::table! {
    supporters (id) {
        id -> BigInt,
        name -> Text,
        email -> Nullable<Text>,
        identity -> Text,
        created_at -> Timestamp,
        address -> Text,
        same_as -> Nullable<BigInt>,
    }
}

diesel::table! {
    donations (id) {
        id -> BigInt,
        key -> Text,
        fingerprint -> Binary,
        appeal_id -> BigInt,
        supporter_id -> Nullable<BigInt>,
        amount_minor -> BigInt,
        returned_minor -> BigInt,
        method -> Text,
        status -> Text,
        received_on -> Nullable<Date>,
        entry -> Nullable<BigInt>,
        acknowledge_as -> Text,
        anonymous -> Bool,
        note -> Text,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        request_id -> Text,
        in_memory_of -> Text,
        memory_in_print -> Bool,
        held_in -> Nullable<Text>,
    }
}

diesel::table! {
    donation_events (id) {
        id -> BigInt,
        donation_id -> BigInt,
        key -> Text,
        fingerprint -> Binary,
        kind -> Text,
        amount_minor -> BigInt,
        entry -> Nullable<BigInt>,
        reason -> Text,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        request_id -> Text,
        counts_in -> Nullable<BigInt>,
        promised_minor -> Nullable<BigInt>,
        promised_method -> Nullable<Text>,
        was_minor -> Nullable<BigInt>,
        was_appeal_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    book_proofs (id) {
        id -> BigInt,
        entry -> BigInt,
        hash -> Binary,
        checks -> BigInt,
        fault -> Text,
        proved_at -> Timestamp,
        proved_by -> Text,
        request_id -> Text,
    }
}

diesel::table! {
    standing_orders (id) {
        id -> BigInt,
        key -> Text,
        fund_id -> BigInt,
        supporter_id -> BigInt,
        method -> Text,
        origin -> Text,
        state -> Text,
        amount_minor -> BigInt,
        first_minor -> BigInt,
        day -> BigInt,
        since_on -> Date,
        until_on -> Nullable<Date>,
        first_month -> Date,
        end_month -> Nullable<Date>,
        met_month -> Date,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        request_id -> Text,
    }
}

diesel::table! {
    standing_order_changes (id) {
        id -> BigInt,
        order_id -> BigInt,
        key -> Text,
        kind -> Text,
        from_on -> Date,
        from_month -> Date,
        old_minor -> BigInt,
        new_minor -> BigInt,
        reason -> Text,
        changed_at -> Timestamp,
        changed_by -> Text,
        request_id -> Text,
    }
}

diesel::table! {
    standing_order_arrivals (order_id, month) {
        order_id -> BigInt,
        month -> Date,
        donation_id -> BigInt,
    }
}

diesel::table! {
    standing_order_reading (id) {
        id -> BigInt,
        donation -> BigInt,
        event -> BigInt,
    }
}

diesel::table! {
    receipts (donation_id) {
        donation_id -> BigInt,
        year -> BigInt,
        number -> BigInt,
        issued_at -> Timestamp,
    }
}

diesel::table! {
    gift_lists (id) {
        id -> BigInt,
        fund_id -> BigInt,
        digest -> Binary,
        file_name -> Text,
        row_count -> BigInt,
        gift_count -> BigInt,
        has_letters -> Bool,
        prints -> Binary,
        taken_at -> Timestamp,
        taken_by -> Text,
    }
}

diesel::table! {
    quiet_receipts (donation_id) {
        donation_id -> BigInt,
    }
}

diesel::table! {
    gift_list_mappings (id) {
        id -> BigInt,
        name -> Text,
        heading_digest -> Binary,
        mapping -> Text,
        saved_at -> Timestamp,
        saved_by -> Text,
    }
}

diesel::table! {
    gift_list_uploads (id) {
        id -> Text,
        file_name -> Text,
        content -> Binary,
        mapping -> Text,
        uploaded_at -> Timestamp,
        uploaded_by -> Text,
    }
}

diesel::table! {
    deliveries (id) {
        id -> BigInt,
        kind -> Text,
        subject_id -> BigInt,
        event_id -> Nullable<BigInt>,
        recipient -> Text,
        state -> Text,
        attempts -> BigInt,
        due_at -> Timestamp,
        last_error -> Text,
        created_at -> Timestamp,
        sent_at -> Nullable<Timestamp>,
        returned_at -> Nullable<Timestamp>,
        settled_at -> Nullable<Timestamp>,
        went_to_name -> Nullable<Text>,
        went_to_address -> Nullable<Text>,
    }
}

diesel::table! {
    mails_read (id) {
        id -> BigInt,
        key -> Text,
        kind -> Text,
        deed -> Text,
        delivery_id -> Nullable<BigInt>,
        recipient -> Text,
        sender -> Text,
        subject -> Text,
        reason -> Text,
        read_at -> Timestamp,
        seen_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    stopped_addresses (address) {
        address -> Text,
        reason -> Text,
        since -> Timestamp,
    }
}

diesel::table! {
    mailbox_trouble (id) {
        id -> BigInt,
        reason -> Text,
        since -> Timestamp,
    }
}

diesel::table! {
    reminders_stopped (donation_id) {
        donation_id -> BigInt,
        stopped_at -> Timestamp,
    }
}

diesel::table! {
    standing_order_forms (gift_key) {
        gift_key -> Text,
        day -> BigInt,
    }
}

diesel::table! {
    stranger_requests (id) {
        id -> BigInt,
        kind -> Text,
        subject_id -> BigInt,
        network -> Text,
        mailbox -> Nullable<Text>,
        recipient -> Text,
        withheld -> Nullable<Text>,
        asked_at -> Timestamp,
    }
}

diesel::table! {
    receipt_proofs (year) {
        year -> BigInt,
        number -> BigInt,
        gap -> Nullable<BigInt>,
        unsent -> BigInt,
        first_unsent -> Nullable<BigInt>,
        proved_at -> Timestamp,
    }
}

diesel::table! {
    statement_runs (id) {
        id -> BigInt,
        year -> BigInt,
        again -> Bool,
        state -> Text,
        after_supporter -> BigInt,
        mail -> BigInt,
        post -> BigInt,
        unreachable -> BigInt,
        had_it -> BigInt,
        queued -> BigInt,
        asked_at -> Timestamp,
        asked_by -> Text,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    staff (id) {
        id -> BigInt,
        email -> Text,
        name -> Text,
        role -> Text,
        password_hash -> Text,
        totp_secret -> Nullable<Text>,
        totp_step -> BigInt,
        created_at -> Timestamp,
        left_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sessions (digest) {
        digest -> Binary,
        staff_id -> BigInt,
        created_at -> Timestamp,
        seen_at -> Timestamp,
        expires_at -> Timestamp,
        agent -> Text,
    }
}

diesel::table! {
    invitations (id) {
        id -> BigInt,
        digest -> Binary,
        role -> Text,
        invited_by -> Text,
        inviter_id -> Nullable<BigInt>,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
        withdrawn_at -> Nullable<Timestamp>,
        refusals -> BigInt,
    }
}

diesel::table! {
    door_locks (key) {
        key -> Binary,
        staff_id -> Nullable<BigInt>,
        failures -> BigInt,
        locked_until -> Nullable<Timestamp>,
        last_at -> Timestamp,
    }
}

diesel::table! {
    tokens (id) {
        id -> BigInt,
        name -> Text,
        digest -> Binary,
        scopes -> Text,
        created_at -> Timestamp,
        created_by -> Text,
        creator_id -> Nullable<BigInt>,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    audit (id) {
        id -> BigInt,
        at -> Timestamp,
        who -> Text,
        action -> Text,
        subject -> Text,
        detail -> Text,
        request_id -> Text,
    }
}

diesel::table! {
    audit_folds (day, action, subject, place) {
        day -> Date,
        action -> Text,
        subject -> Text,
        place -> Text,
        step_id -> BigInt,
        times -> BigInt,
        last_at -> Timestamp,
    }
}

diesel::table! {
    share_settings (id) {
        id -> BigInt,
        is_open -> Bool,
        offer -> Text,
        rules_version -> Text,
        zone -> Text,
        age_min -> BigInt,
        law_maximum_minor -> BigInt,
        joint_counts_in_full -> Bool,
        needs_second_person -> Bool,
        pays_interest -> Bool,
    }
}

diesel::table! {
    share_classes (id) {
        id -> BigInt,
        code -> Text,
        name -> Text,
        currency -> Text,
        nominal_minor -> BigInt,
        shares_held -> BigInt,
        paid_minor -> BigInt,
    }
}

diesel::table! {
    share_terms (id) {
        id -> BigInt,
        class_id -> BigInt,
        valid_from -> Date,
        withdrawable -> Bool,
        transferable -> Bool,
        needs_consent -> Bool,
        voting -> Bool,
        minimum_shares -> BigInt,
        maximum_shares -> BigInt,
        notice_days -> BigInt,
        yearly_limit_percent -> Nullable<BigInt>,
        rule_ref -> Text,
        recorded_at -> Timestamp,
        recorded_by -> Text,
    }
}

diesel::table! {
    holders (id) {
        id -> BigInt,
        member_number -> Nullable<BigInt>,
        kind -> Text,
        date_of_birth -> Nullable<Date>,
        paper_entered_on -> Nullable<Date>,
        paper_ceased_on -> Nullable<Date>,
        section_id -> Nullable<BigInt>,
        created_at -> Timestamp,
        shares_held -> BigInt,
    }
}

diesel::table! {
    supporter_words (supporter_id, word) {
        word -> Text,
        supporter_id -> BigInt,
    }
}

diesel::table! {
    holder_particulars (id) {
        id -> BigInt,
        holder_id -> BigInt,
        valid_from -> Date,
        name -> Text,
        names -> Text,
        representative -> Text,
        address -> Text,
        email -> Nullable<Text>,
        email_purposes -> Text,
        search -> Text,
        reason -> Text,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        taken_back_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    holder_interests (holder_id, person) {
        holder_id -> BigInt,
        person -> Text,
    }
}

diesel::table! {
    share_applications (id) {
        id -> BigInt,
        holder_id -> BigInt,
        class_id -> BigInt,
        shares -> BigInt,
        amount_minor -> BigInt,
        held_minor -> BigInt,
        status -> Text,
        method -> Text,
        gift_minor -> BigInt,
        gift_donation -> Nullable<BigInt>,
        rules_version -> Text,
        applied_on -> Date,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        decided_at -> Nullable<Timestamp>,
        decided_by -> Nullable<Text>,
        reason -> Text,
        minute -> Text,
        event -> Nullable<BigInt>,
    }
}

diesel::table! {
    share_payments (id) {
        id -> BigInt,
        application_id -> BigInt,
        amount_minor -> BigInt,
        method -> Text,
        received_on -> Date,
        entry -> BigInt,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        held_in -> Nullable<Text>,
        takes_back -> Nullable<BigInt>,
    }
}

diesel::table! {
    share_events (number) {
        number -> BigInt,
        kind -> Text,
        effective_on -> Date,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        minute -> Text,
        subject -> Text,
        reason -> Text,
        reverses -> Nullable<BigInt>,
        entry -> Nullable<BigInt>,
        request_id -> Text,
        hash -> Binary,
        ground -> Nullable<Text>,
        is_interest -> Bool,
    }
}

diesel::table! {
    share_lines (event, line) {
        event -> BigInt,
        line -> BigInt,
        holder_id -> Nullable<BigInt>,
        class_id -> BigInt,
        shares -> BigInt,
        paid_minor -> BigInt,
        effective_on -> Date,
        counts_as -> BigInt,
    }
}

diesel::table! {
    share_certificates (number) {
        number -> BigInt,
        holder_id -> BigInt,
        class_id -> BigInt,
        shares -> BigInt,
        code -> Text,
        issued_on -> Date,
        issued_event -> BigInt,
        cancelled_on -> Nullable<Date>,
        cancelled_event -> Nullable<BigInt>,
        replaces -> Nullable<BigInt>,
        old_number -> Text,
        reason -> Text,
        issued_at -> Timestamp,
        cancelled_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    share_withdrawals (id) {
        id -> BigInt,
        holder_id -> BigInt,
        class_id -> BigInt,
        shares -> BigInt,
        amount_minor -> BigInt,
        notice_given_on -> Date,
        due_on -> Date,
        status -> Text,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        decided_at -> Nullable<Timestamp>,
        decided_by -> Nullable<Text>,
        reason -> Text,
        minute -> Text,
        event -> Nullable<BigInt>,
        paid_on -> Nullable<Date>,
        paid_entry -> Nullable<BigInt>,
    }
}

diesel::table! {
    share_suspensions (id) {
        id -> BigInt,
        class_id -> BigInt,
        from_on -> Date,
        reason -> Text,
        minute -> Text,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        lifted_on -> Nullable<Date>,
        lifted_reason -> Text,
        lifted_by -> Nullable<Text>,
        taken_back_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    share_nominations (id) {
        id -> BigInt,
        holder_id -> BigInt,
        nominee -> Text,
        address -> Text,
        relation -> Text,
        is_officer -> Bool,
        percent -> BigInt,
        made_on -> Date,
        revoked_on -> Nullable<Date>,
        revoked_reason -> Text,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        varies -> Nullable<BigInt>,
        taken_back_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    share_deaths (id) {
        id -> BigInt,
        holder_id -> BigInt,
        died_on -> Date,
        told_on -> Date,
        proof -> Text,
        taken_back_at -> Nullable<Timestamp>,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        person -> Text,
    }
}

diesel::table! {
    share_estates (id) {
        id -> BigInt,
        holder_id -> BigInt,
        name -> Text,
        address -> Text,
        email -> Nullable<Text>,
        from_on -> Date,
        proof -> Text,
        taken_back_at -> Nullable<Timestamp>,
        recorded_at -> Timestamp,
        recorded_by -> Text,
    }
}

diesel::table! {
    share_absences (id) {
        id -> BigInt,
        holder_id -> BigInt,
        since_on -> Date,
        address -> Text,
        reason -> Text,
        taken_back_at -> Nullable<Timestamp>,
        recorded_at -> Timestamp,
        recorded_by -> Text,
    }
}

diesel::table! {
    share_held_letters (id) {
        id -> BigInt,
        holder_id -> BigInt,
        kind -> Text,
        subject_id -> BigInt,
        event_id -> Nullable<BigInt>,
        held_at -> Timestamp,
    }
}

diesel::table! {
    share_sections (id) {
        id -> BigInt,
        name -> Text,
    }
}

diesel::table! {
    share_section_areas (area) {
        area -> Text,
        section_id -> BigInt,
    }
}

diesel::table! {
    share_officers (id) {
        id -> BigInt,
        name -> Text,
        address -> Text,
        email -> Nullable<Text>,
        office -> Text,
        from_on -> Date,
        until_on -> Nullable<Date>,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        ended_at -> Nullable<Timestamp>,
        taken_back_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    share_inspections (id) {
        id -> BigInt,
        inspected_on -> Date,
        name -> Text,
        capacity -> Text,
        shown -> Text,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        taken_back_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    share_interest_runs (id) {
        id -> BigInt,
        class_id -> BigInt,
        from_on -> Date,
        until_on -> Date,
        rate_bp -> BigInt,
        declared_on -> Date,
        minute -> Text,
        total_minor -> BigInt,
        entry -> BigInt,
        paid_on -> Nullable<Date>,
        paid_entry -> Nullable<BigInt>,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        is_added -> Bool,
        taken_back_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    share_interest_lines (run_id, holder_id) {
        run_id -> BigInt,
        holder_id -> BigInt,
        share_days -> BigInt,
        amount_minor -> BigInt,
        shares -> BigInt,
        event -> Nullable<BigInt>,
    }
}

diesel::table! {
    share_proposals (id) {
        id -> BigInt,
        deed -> Text,
        subject -> Text,
        form -> Text,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        status -> Text,
        decided_at -> Nullable<Timestamp>,
        decided_by -> Nullable<Text>,
        reason -> Text,
        place -> Nullable<Text>,
    }
}

diesel::table! {
    share_notes (number) {
        number -> BigInt,
        kind -> Text,
        holder_id -> Nullable<BigInt>,
        row_id -> BigInt,
        before_id -> Nullable<BigInt>,
        effective_on -> Date,
        reason -> Text,
        minute -> Text,
        reverses -> Nullable<BigInt>,
        entry -> Nullable<BigInt>,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        request_id -> Text,
    }
}

diesel::table! {
    share_reinstatements (certificate, reinstated_at) {
        certificate -> BigInt,
        cancelled_on -> Date,
        cancelled_at -> Timestamp,
        reinstated_at -> Timestamp,
    }
}

diesel::table! {
    share_meetings (id) {
        id -> BigInt,
        name -> Text,
        record_on -> Date,
        known_at -> Timestamp,
        known_event -> BigInt,
        votes -> BigInt,
        taken_back_at -> Nullable<Timestamp>,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        known_death -> BigInt,
    }
}

diesel::table! {
    share_sittings (id) {
        id -> BigInt,
        meeting_id -> BigInt,
        section_id -> Nullable<BigInt>,
        held_on -> Date,
        place -> Text,
        recorded_at -> Timestamp,
        recorded_by -> Text,
    }
}

diesel::table! {
    share_votes (id) {
        id -> BigInt,
        meeting_id -> BigInt,
        sitting_id -> BigInt,
        holder_id -> BigInt,
        has_voted -> Bool,
        voter -> Text,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        taken_back_at -> Nullable<Timestamp>,
        taken_back_by -> Nullable<Text>,
        taken_back_reason -> Text,
    }
}

diesel::table! {
    share_deeds (key) {
        key -> Text,
        fingerprint -> Binary,
        answer -> Text,
        recorded_at -> Timestamp,
    }
}

diesel::table! {
    statements (id) {
        id -> BigInt,
        format -> Text,
        file_name -> Text,
        digest -> Binary,
        part -> BigInt,
        bank_number -> Text,
        account -> Text,
        currency -> Text,
        from_on -> Date,
        until_on -> Date,
        opening_minor -> Nullable<BigInt>,
        closing_minor -> Nullable<BigInt>,
        lines -> BigInt,
        known -> BigInt,
        imported_at -> Timestamp,
        imported_by -> Text,
        request_id -> Text,
    }
}

diesel::table! {
    statement_lines (id) {
        id -> BigInt,
        statement_id -> BigInt,
        line -> BigInt,
        booked_on -> Date,
        amount_minor -> BigInt,
        kind -> Text,
        payer -> Text,
        payer_account -> Text,
        reference -> Text,
        description -> Text,
        bank_id -> Text,
        identity -> Binary,
        balance_minor -> Nullable<BigInt>,
        state -> Text,
    }
}

diesel::table! {
    statement_overlaps (statement_id, line_id) {
        statement_id -> BigInt,
        line_id -> BigInt,
    }
}

diesel::table! {
    statement_layouts (id) {
        id -> BigInt,
        name -> Text,
        heading_digest -> Binary,
        mapping -> Text,
        saved_at -> Timestamp,
        saved_by -> Text,
    }
}

diesel::table! {
    statement_uploads (id) {
        id -> Text,
        file_name -> Text,
        content -> Binary,
        mapping -> Text,
        uploaded_at -> Timestamp,
        uploaded_by -> Text,
    }
}

diesel::table! {
    allocations (id) {
        id -> BigInt,
        source -> Text,
        source_id -> BigInt,
        amount_minor -> BigInt,
        purpose -> Text,
        subject -> Text,
        note -> Text,
        entry -> BigInt,
        made_at -> Timestamp,
        made_by -> Text,
        request_id -> Text,
        undone_at -> Nullable<Timestamp>,
        undone_by -> Nullable<Text>,
        undone_reason -> Nullable<Text>,
        undone_entry -> Nullable<BigInt>,
    }
}

diesel::table! {
    payers (id) {
        id -> BigInt,
        name -> Text,
        account -> Text,
        purpose -> Text,
        donation_id -> Nullable<BigInt>,
        method -> Text,
        ledger_account -> Text,
        note -> Text,
        amount_minor -> BigInt,
        times -> BigInt,
        line_id -> BigInt,
        remembered_at -> Timestamp,
        remembered_by -> Text,
    }
}

diesel::table! {
    bank_settings (id) {
        id -> BigInt,
        posts_certain -> Bool,
    }
}

diesel::table! {
    batch_settings (id) {
        id -> BigInt,
        needs_two -> Bool,
    }
}

diesel::table! {
    batches (id) {
        id -> BigInt,
        key -> Text,
        kind -> Text,
        state -> Text,
        fund_id -> BigInt,
        received_on -> Date,
        control_minor -> BigInt,
        control_count -> BigInt,
        note -> Text,
        counted_by -> Text,
        opened_at -> Timestamp,
        request_id -> Text,
        checked_by -> Nullable<Text>,
        checked_at -> Nullable<Timestamp>,
        closed_by -> Nullable<Text>,
        closed_at -> Nullable<Timestamp>,
        reversed_by -> Nullable<Text>,
        reversed_at -> Nullable<Timestamp>,
        reversed_reason -> Nullable<Text>,
    }
}

diesel::table! {
    batch_rows (id) {
        id -> BigInt,
        batch_id -> BigInt,
        key -> Text,
        line -> BigInt,
        amount_minor -> BigInt,
        received_on -> Date,
        name -> Text,
        email -> Nullable<Text>,
        acknowledge_as -> Text,
        anonymous -> Bool,
        note -> Text,
        donation_id -> Nullable<BigInt>,
        shares_minor -> BigInt,
        application_id -> Nullable<BigInt>,
        other_minor -> BigInt,
        other_account -> Text,
        entered_at -> Timestamp,
        entered_by -> Text,
        in_hand -> Bool,
        address -> Text,
        in_memory_of -> Text,
        memory_in_print -> Bool,
        cheque_number -> Text,
    }
}

diesel::table! {
    paying_slips (id) {
        id -> BigInt,
        key -> Text,
        number -> Text,
        paid_in_on -> Date,
        currency -> Text,
        cheques -> BigInt,
        cheques_minor -> BigInt,
        cash_minor -> BigInt,
        entry -> BigInt,
        made_at -> Timestamp,
        made_by -> Text,
        request_id -> Text,
        undone_at -> Nullable<Timestamp>,
        undone_by -> Nullable<Text>,
        undone_reason -> Nullable<Text>,
        undone_entry -> Nullable<BigInt>,
    }
}

diesel::table! {
    paying_slip_items (slip_id, kind, item_id) {
        slip_id -> BigInt,
        kind -> Text,
        item_id -> BigInt,
        amount_minor -> BigInt,
        bounced -> Bool,
        undone -> Bool,
    }
}

diesel::joinable!(batches -> funds (fund_id));
diesel::joinable!(batch_rows -> batches (batch_id));
diesel::joinable!(paying_slip_items -> paying_slips (slip_id));
diesel::joinable!(appeals -> funds (fund_id));
diesel::joinable!(appeal_changes -> appeals (appeal_id));
diesel::joinable!(appeal_totals -> appeals (appeal_id));
diesel::joinable!(postings -> entries (entry));
diesel::joinable!(postings -> accounts (account_id));
diesel::joinable!(postings -> appeals (appeal_id));
diesel::joinable!(account_days -> accounts (account_id));
diesel::joinable!(donations -> appeals (appeal_id));
diesel::joinable!(donations -> supporters (supporter_id));
diesel::joinable!(donations -> entries (entry));
diesel::joinable!(donation_events -> donations (donation_id));
diesel::joinable!(donation_events -> entries (entry));
diesel::joinable!(receipts -> donations (donation_id));
diesel::joinable!(appeal_days -> appeals (appeal_id));
diesel::joinable!(standing_orders -> funds (fund_id));
diesel::joinable!(standing_orders -> supporters (supporter_id));
diesel::joinable!(standing_order_changes -> standing_orders (order_id));
diesel::joinable!(standing_order_arrivals -> standing_orders (order_id));
diesel::joinable!(standing_order_arrivals -> donations (donation_id));
diesel::joinable!(sessions -> staff (staff_id));
diesel::joinable!(audit_folds -> audit (step_id));
diesel::joinable!(share_terms -> share_classes (class_id));
diesel::joinable!(holder_particulars -> holders (holder_id));
diesel::joinable!(share_applications -> holders (holder_id));
diesel::joinable!(share_lines -> share_events (event));
diesel::joinable!(share_withdrawals -> holders (holder_id));
diesel::joinable!(statement_lines -> statements (statement_id));
diesel::joinable!(statement_overlaps -> statements (statement_id));
diesel::joinable!(statement_overlaps -> statement_lines (line_id));

// Tables of one room, and those that it reads with another's. Each two cost the compiler dozens of implementations, and
// all 72 with all others were a quarter of a build, so a query that joins two more adds them here.
diesel::allow_tables_to_appear_in_same_query!(
    funds,
    appeals,
    appeal_changes,
    appeal_totals,
    accounts,
    entries,
    postings,
    account_days,
    allocations,
    supporters,
    donations,
    donation_events,
    receipts,
    deliveries,
    stranger_requests,
    standing_orders,
    standing_order_changes,
    standing_order_arrivals,
);
diesel::allow_tables_to_appear_in_same_query!(staff, sessions);
diesel::allow_tables_to_appear_in_same_query!(audit, audit_folds);
diesel::allow_tables_to_appear_in_same_query!(holders, holder_particulars, holder_interests);
diesel::allow_tables_to_appear_in_same_query!(holders, share_applications, share_withdrawals);
diesel::allow_tables_to_appear_in_same_query!(holder_particulars, share_applications);
diesel::allow_tables_to_appear_in_same_query!(holders, share_events, share_lines);
diesel::allow_tables_to_appear_in_same_query!(share_classes, share_terms);
diesel::allow_tables_to_appear_in_same_query!(share_certificates, share_reinstatements);
diesel::allow_tables_to_appear_in_same_query!(share_applications, stranger_requests);
diesel::allow_tables_to_appear_in_same_query!(statements, statement_lines, statement_overlaps);
diesel::allow_tables_to_appear_in_same_query!(allocations, statement_lines);
diesel::allow_tables_to_appear_in_same_query!(allocations, batch_rows, batches);
diesel::allow_tables_to_appear_in_same_query!(batches, funds);
diesel::allow_tables_to_appear_in_same_query!(batches, paying_slips, paying_slip_items);
diesel::allow_tables_to_appear_in_same_query!(entries, statement_lines);
diesel::allow_tables_to_appear_in_same_query!(allocations, paying_slip_items);
diesel::allow_tables_to_appear_in_same_query!(quiet_receipts, donations);
diesel::allow_tables_to_appear_in_same_query!(quiet_receipts, receipts);
diesel::allow_tables_to_appear_in_same_query!(quiet_receipts, supporters);
diesel::allow_tables_to_appear_in_same_query!(donations, reminders_stopped);
diesel::allow_tables_to_appear_in_same_query!(deliveries, reminders_stopped);
diesel::allow_tables_to_appear_in_same_query!(stranger_requests, reminders_stopped);
diesel::allow_tables_to_appear_in_same_query!(donations, standing_order_forms);
diesel::allow_tables_to_appear_in_same_query!(deliveries, mails_read);
diesel::allow_tables_to_appear_in_same_query!(supporter_words, supporters);
diesel::allow_tables_to_appear_in_same_query!(supporter_words, donations);
diesel::allow_tables_to_appear_in_same_query!(supporter_words, standing_orders);
diesel::allow_tables_to_appear_in_same_query!(supporter_words, funds);
diesel::allow_tables_to_appear_in_same_query!(supporter_words, appeals);
diesel::allow_tables_to_appear_in_same_query!(supporter_words, receipts);
