import Domain
import Testing

@testable import Storage

@Suite("Bills in the store")
struct BillStoreTests {
  let fixture: BillFixture
  var store: Store { fixture.store }

  init() throws { fixture = try BillFixture() }

  private static let decisions: [BillAction] = [
    .submit, .approve, .reject, .recall, .reopen, .void, .delete, .hold, .release, .delegate,
  ]

  @Test(
    "every decision in every state moves what the rules say, and leaves its line in the audit",
    arguments: BillState.allCases, decisions)
  func transitions(_ state: BillState, _ action: BillAction) throws {
    let id = try fixture.bill(in: state)
    let before = try #require(try fixture.row(id))
    let actor = Actor(name: "eve", role: .admin)
    let request = BillRequest(action, reason: "because", delegate: "zoe")
    let decision = BillRules.decide(request, on: before.facts, by: actor, under: before.policy)
    let steps = try store.auditEvents(subject: id, limit: 100).count
    let result = try #require(try store.perform(request, on: id, by: "eve"))
    let events = try store.auditEvents(subject: id, limit: 100)
    #expect(events.count == steps + 1)
    let event = try #require(events.last)
    #expect(event.actor == "eve" && event.action == action.rawValue)
    #expect(event.from == state.rawValue)
    let after = try fixture.row(id)
    switch decision {
    case .refused(let refusal):
      #expect(result.outcome == .refused(refusal.refusal))
      #expect(after == before)
      #expect(event.to == nil)
      #expect(event.details?.contains(refusal.refusal.code) == true)
    case .deletes:
      #expect(result.outcome == .done)
      #expect(after == nil)
    case .moves(let next):
      #expect(result.outcome == .done)
      #expect(after?.approval == next)
      #expect(event.to == next.rawValue)
    case .voids:
      #expect(after?.approval == .voided)
      #expect(event.to == "voided")
      #expect((after?.reversedBy != nil) == (state == .approved))
    case .waitsOtherwise:
      #expect(after?.approval == state)
      #expect(event.to == nil)
      #expect(after?.stamp != before.stamp)
    case .stays, .needsSecondApprover: Issue.record("\(decision) is no decision")
    }
    #expect(try store.check().isEmpty)
  }

  @Test("a vendor without bills has the office's terms, one with bills those of the last")
  func terms() throws {
    #expect(try store.paymentTerms(ofVendor: "w").days == PaymentTerms.standardDays)
    #expect(try store.setPaymentTerms(days: 21, by: "ann") == nil)
    #expect(try store.setPaymentTerms(days: 0, by: "ann") != nil)
    #expect(try store.paymentTerms(ofVendor: "w") == PaymentTerms(days: 21, isVendors: false))
    var draft = BillFixture.draft([100], vendor: "w")
    draft.dueDate = draft.date.adding(days: 10)
    _ = try store.createBill(draft, by: "ann")
    #expect(try store.paymentTerms(ofVendor: "w") == PaymentTerms(days: 10, isVendors: true))
  }

  @Test("what is put aside or handed on by hand waits for approval, and the wait ends with it")
  func rawWaits() throws {
    let draft = try fixture.bill(in: .draft)
    let waiting = try fixture.bill(in: .pendingApproval)
    func hold(_ id: String, _ reason: String = "r") -> String {
      "INSERT INTO bill_holds VALUES ('\(id)', 'max', '\(reason)', 'x')"
    }
    func ask(_ id: String, _ name: String) -> String {
      "INSERT INTO bill_delegations VALUES ('\(id)', '\(name)', 'max', '', 'x')"
    }
    #expect(try fixture.test.refusal(of: hold(draft)) != nil)
    #expect(try fixture.test.refusal(of: ask(draft, "zoe")) != nil)
    #expect(try fixture.test.refusal(of: hold(waiting, " ")) != nil)
    #expect(try fixture.test.refusal(of: ask(waiting, "max")) != nil)
    #expect(try fixture.test.refusal(of: ask(waiting, "zoe")) == nil)
    #expect(try fixture.test.refusal(of: hold(waiting)) == nil)
    let approvals = "INSERT INTO bill_approvals VALUES ('\(waiting)', 'bob', 'x')"
    #expect(
      try fixture.test.refusal(of: approvals)?.contains("put aside is not approved") == true)
    #expect(
      try store.perform(BillRequest(.approve), on: waiting, by: "bob")?.refusal?.code == "held")
    #expect(try store.perform(BillRequest(.recall), on: waiting, by: "ann")?.refusal == nil)
    #expect(try fixture.test.rows("SELECT COUNT(*) FROM bill_holds") == ["0"])
    #expect(try fixture.test.rows("SELECT COUNT(*) FROM bill_delegations") == ["0"])
  }

  @Test("a bill waits for whom was asked, and for everybody again when it is released")
  func delegated() throws {
    let id = try fixture.bill(in: .pendingApproval)
    func waits(_ name: String) throws -> Bool {
      try #require(try fixture.row(id)).waits(for: try store.actor(name))
    }
    let to = BillRequest(.delegate, delegate: "zoe")
    #expect(try store.perform(to, on: id, by: "bob")?.refusal == nil)
    #expect(try waits("zoe") && !waits("bob"))
    let own = BillRequest(.delegate, delegate: "ann")
    #expect(try store.perform(own, on: id, by: "bob")?.refusal?.code == "delegate_may_not")
    #expect(try store.perform(BillRequest(.release), on: id, by: "bob")?.refusal == nil)
    #expect(try waits("zoe") && waits("bob"))
    let trail = try store.auditEvents(subject: id, limit: 10)
    #expect(trail.suffix(3).map(\.action) == ["delegate", "delegate", "release"])
    #expect(try store.check().isEmpty)
  }

  @Test("the database refuses every move the workflow does not have, and takes the others")
  func rawMoves() throws {
    let legal = Set(BillTriggers.moves.map { "\($0.from) \($0.to)" })
    for from in BillState.allCases {
      for to in BillState.allCases where from != to {
        let fixture = try BillFixture()
        let id = try fixture.bill(in: from)
        let version = Int(
          try fixture.test.rows("SELECT version FROM bill_workflow WHERE bill_id = '\(id)'")[0])
        let next = try #require(version) + 1
        try fixture.test.run(
          """
          INSERT INTO bill_approval_audit (bill_id, at, actor, action, to_state, prev_hash, hash,
            version)
          VALUES ('\(id)', '', 'eve', 'move', '\(to.rawValue)', '', 'h', \(next))
          """)
        let refusal = try fixture.test.refusal(
          of: """
            UPDATE bill_workflow SET state = '\(to.rawValue)', version = \(next),
              approved_by = 'eve', approved_at = 'x', rejected_by = 'eve', rejected_at = 'x',
              rejection_reason = 'r', voided_by = 'eve', voided_at = 'x', void_reason = 'r'
            WHERE bill_id = '\(id)'
            """)
        // An approved bill is voided with its reversal only.
        let isLegal =
          legal.contains("\(from.rawValue) \(to.rawValue)") && !(from == .approved && to == .voided)
        #expect((refusal == nil) == isLegal, "\(from) to \(to): \(refusal ?? "taken")")
      }
    }
  }

  @Test("by hand a bill is edited, deleted and paid only where the workflow has it")
  func rawContent() throws {
    for state in BillState.allCases {
      let fixture = try BillFixture()
      let id = try fixture.bill(in: state)
      try fixture.transaction("pay", 100)
      func isTaken(_ statement: String) throws -> Bool {
        try fixture.test.refusal(of: statement) == nil
      }
      let paid = try isTaken(
        """
        INSERT INTO bill_applications (id, bill_id, source_transaction_id, source_type,
          applied_amount, applied_at, created_at, updated_at)
        VALUES ('a', '\(id)', 'pay', 'payment', 100, '\(BillFixture.today)', '', '')
        """)
      #expect(paid == (state == .approved), "paid: \(state)")
      for statement in [
        "UPDATE bill_lines SET amount = amount + 1 WHERE bill_id = '\(id)'",
        "INSERT INTO bill_lines (bill_id, position, amount) VALUES ('\(id)', 9, 5)",
        "UPDATE bills SET due_date = '2099-01-01' WHERE id = '\(id)'",
        "DELETE FROM bill_workflow WHERE bill_id = '\(id)'",
      ] {
        #expect(try isTaken(statement) == (state == .draft), "\(state): \(statement)")
      }
    }
  }

  @Test("a plain statement moves no bill: not without its audit, its version, its approver")
  func rawWithout() throws {
    let id = try fixture.bill(in: .pendingApproval)
    func refused(_ audit: Bool, _ assignments: String) throws -> String? {
      let fixture = try BillFixture()
      let id = try fixture.bill(in: .pendingApproval)
      if audit {
        try fixture.test.run(
          """
          INSERT INTO bill_approval_audit (bill_id, at, actor, action, to_state, prev_hash, hash,
            version)
          VALUES ('\(id)', '', 'eve', 'approve', 'approved', '', 'h', 3)
          """)
      }
      return try fixture.test.refusal(
        of: "UPDATE bill_workflow SET state = 'approved', \(assignments) WHERE bill_id = '\(id)'")
    }
    let whole = "version = 3, approved_by = 'eve', approved_at = 'x'"
    #expect(try refused(true, whole) == nil)
    #expect(try refused(false, whole)?.contains("audit") == true)
    #expect(try refused(true, "approved_by = 'eve', approved_at = 'x'") != nil)
    #expect(try refused(true, "version = 3, approved_at = 'x'")?.contains("approver") == true)
    let own = "version = 3, approved_by = 'ann', approved_at = 'x'"
    #expect(try refused(true, own)?.contains("own bill") == true)
    let lines = try fixture.test.refusal(
      of: "UPDATE bill_lines SET amount = 1 WHERE bill_id = '\(id)'")
    #expect(lines?.contains("waits for approval") == true)
    #expect(try fixture.test.refusal(of: "UPDATE bills SET amount = 1 WHERE id = '\(id)'") != nil)
  }

  @Test("the database holds limits and second approvers too")
  func rawLimits() throws {
    _ = try store.add(User(name: "ann", role: .admin), by: "ann")
    _ = try store.add(
      User(name: "max", role: .manager, approvalLimit: Money(minorUnits: 50_000)), by: "ann")
    _ = try store.add(User(name: "vic", role: .viewer), by: "ann")
    _ = try store.add(User(name: "eve", role: .accountant), by: "ann")
    let id = try fixture.bill(in: .pendingApproval)
    try fixture.test.run(
      """
      INSERT INTO bill_approval_audit (bill_id, at, actor, action, to_state, prev_hash, hash, version)
      VALUES ('\(id)', '', 'x', 'approve', 'approved', '', 'h', 3)
      """)
    func approve(_ name: String) throws -> String? {
      try fixture.test.refusal(
        of: """
          UPDATE bill_workflow SET state = 'approved', version = 3, approved_by = '\(name)',
            approved_at = 'x' WHERE bill_id = '\(id)'
          """)
    }
    for name in ["max", "vic", "nobody"] {
      #expect(try approve(name)?.contains("limit cover") == true, "\(name)")
    }
    _ = try store.setBillPolicy(
      BillPolicy(secondApproverAbove: Money(minorUnits: 50_000)), scope: "p", by: "ann")
    #expect(try approve("eve")?.contains("two approvers") == true)
    try fixture.test.run(
      "INSERT INTO bill_approvals (bill_id, approver, approved_at) VALUES ('\(id)', 'max', 'x')")
    #expect(try approve("eve") == nil)
  }

  // MARK: Approval

  @Test("two approvers: the first is kept, the same one is refused, another one approves")
  func secondApprover() throws {
    _ = try store.setBillPolicy(
      BillPolicy(secondApproverAbove: Money(minorUnits: 10_000)), scope: "", by: "ann")
    let id = try fixture.bill(in: .pendingApproval)
    func approve(_ name: String) throws -> BillResult.Outcome? {
      try store.perform(BillRequest(.approve), on: id, by: name)?.outcome
    }
    #expect(try approve("bob") == .needsSecondApprover(above: Money(minorUnits: 10_000)))
    #expect(try fixture.row(id)?.approvalSteps == "1/2")
    #expect(try approve("bob") == .refused(BillRefusal.approvedByYou("bob").refusal))
    #expect(try approve("ann") == .refused(BillRefusal.ownBill("ann").refusal))
    // Recalled, what was approved so far counts no longer.
    _ = try store.perform(BillRequest(.recall), on: id, by: "ann")
    _ = try store.perform(BillRequest(.submit), on: id, by: "ann")
    #expect(try approve("eve") == .needsSecondApprover(above: Money(minorUnits: 10_000)))
    #expect(try approve("bob") == .done)
    #expect(try fixture.row(id)?.approval == .approved)
  }

  @Test("an approval posts the bill: what it books is debited, payables are credited per property")
  func posting() throws {
    let id = try fixture.approved(30_001, 20_000, 5)
    #expect(
      try fixture.test.rows(
        """
        SELECT l.gl_account_id, l.property_id, l.posting_type, l.amount FROM transaction_lines l
        JOIN transactions t ON t.id = l.transaction_id WHERE t.bill_id = '\(id)'
        ORDER BY l.position
        """) == [
          "repairs p Debit 30001", "repairs q Debit 20000", "repairs p Debit 5",
          "payables p Credit 30006", "payables q Credit 20000",
        ])
    #expect(
      try store.payablesBalance(asOf: BillFixture.today) == [
        "p": Money(minorUnits: 30_006), "q": Money(minorUnits: 20_000),
      ])
    #expect(try store.mayLeave(bill: id) == nil)
  }

  @Test("a bill of closed books is posted on the first open day, and keeps its own for its age")
  func closedBooks() throws {
    try store.set(BillSettings.closedThrough, to: BillFixture.today.adding(days: 3).description)
    let id = try fixture.approved(100)
    let open = BillFixture.today.adding(days: 4)
    #expect(
      try fixture.test.rows("SELECT date FROM transactions WHERE bill_id = '\(id)'") == ["\(open)"])
    #expect(try fixture.row(id)?.date == BillFixture.today)
    let closed = try store.perform(
      BillRequest(.void, reason: "r"), on: id, by: "bob", date: BillFixture.today)
    #expect(closed?.refusal?.code == "period_closed")
    _ = try store.perform(BillRequest(.void, reason: "r"), on: id, by: "bob")
    #expect(
      try fixture.test.rows("SELECT void_date FROM bill_workflow WHERE bill_id = '\(id)'")
        == ["\(open)"])
  }

  @Test("without an account for payables nothing is approved, and the candidates are named")
  func noPayables() throws {
    try fixture.test.run(
      "UPDATE gl_accounts SET default_account_name = NULL, name = 'Accounts Payable' "
        + "WHERE id IN ('payables', 'taxes')",
      "UPDATE gl_accounts SET type = 'Liability', sub_type = 'CurrentLiability' WHERE id = 'taxes'")
    let id = try fixture.bill(in: .pendingApproval)
    let result = try store.perform(BillRequest(.approve), on: id, by: "bob")
    #expect(result?.refusal?.code == "no_payables_account")
    #expect(result?.refusal?.message.contains("Accounts Payable, Accounts Payable") == true)
    #expect(try store.setPayablesAccount("payables", by: "bob") == nil)
    #expect(try store.perform(BillRequest(.approve), on: id, by: "bob")?.outcome == .done)
    #expect(
      try fixture.test.rows("SELECT ap_gl_account_id FROM bill_workflow WHERE bill_id = '\(id)'")
        == ["payables"])
  }

  @Test("a bill on a control account is not submitted, by a person or by hand")
  func controlAccounts() throws {
    for account in ["payables", "undeposited", "bank"] {
      var draft = BillFixture.draft([100])
      draft.lines[0].account = account
      let id = try store.createBill(draft, by: "ann").localID
      let result = try store.perform(BillRequest(.submit), on: id, by: "ann")
      #expect(result?.refusal?.code == "account_forbidden", "\(account)")
      try fixture.test.run(
        """
        INSERT INTO bill_approval_audit (bill_id, at, actor, action, to_state, prev_hash, hash,
          version)
        VALUES ('\(id)', '', 'x', 'submit', 'pending_approval', '', '\(id)', 2)
        """)
      let refusal = try fixture.test.refusal(
        of: """
          UPDATE bill_workflow SET state = 'pending_approval', version = 2
          WHERE bill_id = '\(id)'
          """)
      #expect(refusal?.contains("not booked on") == true, "\(account): \(refusal ?? "taken")")
    }
  }

  @Test("a bill changed while it was looked at is not approved, and the race is lost politely")
  func race() throws {
    let id = try fixture.bill(in: .pendingApproval)
    let seen = try #require(try fixture.row(id)).stamp
    _ = try store.perform(BillRequest(.recall), on: id, by: "ann")
    _ = try store.editBill(id, to: BillFixture.draft([70_000]), by: "ann")
    _ = try store.perform(BillRequest(.submit), on: id, by: "ann")
    let late = try store.perform(BillRequest(.approve, expected: seen), on: id, by: "bob")
    #expect(late?.refusal?.code == "changed")
    let fresh = try #require(try fixture.row(id)).stamp
    let first = try store.perform(BillRequest(.approve, expected: fresh), on: id, by: "bob")
    #expect(first?.outcome == .done)
    let second = try store.perform(
      BillRequest(.reject, reason: "r", expected: fresh), on: id, by: "eve")
    #expect(second?.refusal?.code == "changed")
    #expect(try fixture.row(id)?.approval == .approved)
  }

  @Test("what was done can be taken back where the workflow has a way, and only then")
  func undo() throws {
    let id = try fixture.create(100)
    let submitted = try #require(try store.perform(BillRequest(.submit), on: id, by: "ann"))
    guard case .perform(.recall, let bill, let stamp) = submitted.undo else {
      Issue.record("\(String(describing: submitted.undo))")
      return
    }
    let recalled = try store.perform(BillRequest(.recall, expected: stamp), on: bill, by: "ann")
    #expect(recalled?.state == .draft)
    let edited = try #require(
      try store.editBill(id, to: BillFixture.draft([300]), by: "ann"))
    guard case .edit(let draft, _, let edition) = edited.undo else {
      Issue.record("\(String(describing: edited.undo))")
      return
    }
    _ = try store.editBill(id, to: draft, expected: edition, by: "ann")
    #expect(try fixture.row(id)?.total == Money(minorUnits: 100))
    _ = try store.perform(BillRequest(.submit), on: id, by: "ann")
    let approved = try store.perform(BillRequest(.approve), on: id, by: "bob")
    #expect(approved?.undo == nil)
  }

  // MARK: Content

  @Test(
    "content that cannot be a bill is refused as it is entered",
    arguments: [
      ("no_lines", [Int64]()), ("line_amount", [0]), ("line_amount", [5, 1_000_000_000]),
      ("not_positive", [-5]),
    ])
  func content(_ code: String, _ amounts: [Int64]) throws {
    let result = try store.createBill(BillFixture.draft(amounts), by: "ann")
    #expect(result.refusal?.code == code)
    #expect(try store.bills(asOf: BillFixture.today).isEmpty)
    #expect(try store.auditEvents(limit: 9).map(\.action) == ["create"])
  }

  @Test("an approved bill's memo and reference may change, its lines may not")
  func annotation() throws {
    let id = try fixture.approved(100)
    let hash = "SELECT content_hash FROM bill_workflow"
    let before = try fixture.test.rows(hash)
    let note = try store.annotateBill(id, memo: "roof", reference: "R-1", by: "ann")
    #expect(note?.outcome == .done)
    #expect(try fixture.row(id)?.memo == "roof")
    #expect(try fixture.test.rows(hash) == before)
    #expect(try store.mayLeave(bill: id) == nil)
    let edit = try store.editBill(id, to: BillFixture.draft([50]), by: "ann")
    #expect(edit?.refusal?.code == "wrong_state")
  }

  @Test("the same reference number of a vendor is stopped at submission, once it is meant it goes")
  func duplicates() throws {
    let first = try fixture.create(100, reference: "INV-007")
    _ = try store.perform(BillRequest(.submit), on: first, by: "ann")
    let second = try fixture.create(200, reference: "inv 7")
    let stopped = try store.perform(BillRequest(.submit), on: second, by: "ann")
    #expect(stopped?.refusal?.code == "duplicate")
    let meant = try store.perform(
      BillRequest(.submit, allowsDuplicate: true), on: second, by: "ann")
    #expect(meant?.outcome == .done)
    #expect(try store.bill(second, asOf: BillFixture.today)?.duplicates.map(\.localID) == [first])
    let third = try fixture.create(100)
    #expect(try store.bill(third, asOf: BillFixture.today)?.duplicates.map(\.localID) == [first])
  }

  // MARK: Voids

  @Test("a void mirrors the entry exactly, once, and bill and reversal come to nothing")
  func void() throws {
    let id = try fixture.approved(30_001, -1, 20_000)
    let result = try #require(
      try store.perform(BillRequest(.void, reason: "twice"), on: id, by: "bob"))
    let reversal = try #require(result.reversal)
    #expect(
      try fixture.test.rows(
        """
        SELECT gl_account_id, COALESCE(property_id, ''),
          SUM(CASE posting_type WHEN 'Debit' THEN amount ELSE -amount END)
        FROM transaction_lines GROUP BY gl_account_id, property_id
        """
      ).allSatisfy { $0.hasSuffix(" 0") })
    let row = try #require(try fixture.row(reversal.localID))
    #expect(row.status == .reversal && row.total == Money(minorUnits: -50_000))
    #expect(row.reverses?.localID == id)
    for action in BillAction.allCases where action != .create {
      #expect(row.refusal(of: action, by: Actor(name: "eve", role: .admin)) == .reversal)
    }
    #expect(
      try fixture.test.refusal(
        of: "UPDATE transactions SET reversal_of = NULL WHERE reversal_of IS NOT NULL") == nil)
  }

  @Test("a void takes what is applied off when that is asked for, and it is free again")
  func voidUnapplies() throws {
    let id = try fixture.approved(10_000)
    try fixture.transaction("pay", 4_000)
    _ = try store.apply(source: "pay", to: id, by: "bob")
    let blocked = try store.perform(BillRequest(.void, reason: "r"), on: id, by: "bob")
    #expect(blocked?.refusal?.code == "has_applications")
    let voided = try store.perform(
      BillRequest(.void, reason: "r", unapplies: true), on: id, by: "bob")
    #expect(voided?.outcome == .done)
    let other = try fixture.approved(4_000)
    #expect(try store.apply(source: "pay", to: other, by: "bob")?.outcome == .done)
    #expect(try fixture.row(other)?.status == .paid)
    #expect(try store.check().isEmpty)
  }

  @Test("what Buildium has to be told about a void is kept until somebody has seen to it")
  func reconciling() throws {
    let id = try fixture.approved(10_000)
    try store.writeSync { records throws(StorageError) in
      try records.adopt(bill: id, buildiumID: 900)
    }
    _ = try store.perform(BillRequest(.void, reason: "r"), on: id, by: "bob")
    let items = try store.reconcilingItems()
    #expect(items.map(\.kind) == ["void"])
    #expect(items[0].amount == Money(minorUnits: 10_000))
    #expect(items[0].message.contains("900"))
    #expect(try fixture.row(id)?.isToBeReconciled == true)
  }

  @Test("only an approved bill leaves")
  func leaving() throws {
    for state in BillState.allCases {
      let id = try fixture.bill(in: state)
      #expect((try store.mayLeave(bill: id) == nil) == (state == .approved), "\(state)")
    }
  }

  // MARK: Schedules

  @Test("a schedule's days become drafts once, whoever asks and how often")
  func recurring() throws {
    var draft = BillFixture.draft([100], reference: "RENT")
    draft.schedule = RecurringSchedule(every: .month, start: BillFixture.today, dueDays: 10)
    let template = try store.createBill(draft, by: "ann").localID
    let last = BillFixture.today.adding(days: 95)
    let dry = try store.makeRecurringBills(through: last, dryRun: true, by: "ann")
    #expect(dry.made.count == 3)
    #expect(try store.bills(asOf: last).count == 1)
    let made = try store.makeRecurringBills(through: last, dryRun: false, by: "ann")
    #expect(made.made.map(\.date) == dry.made.map(\.date))
    let first = try #require(made.made[0].bill)
    _ = try store.perform(BillRequest(.delete), on: first, by: "ann")
    let again = try store.makeRecurringBills(through: last, dryRun: false, by: "bob")
    #expect(again.made.isEmpty)
    let rows = try store.bills(asOf: last).filter { $0.localID != template }
    #expect(rows.allSatisfy { $0.approval == .draft && !$0.isRecurring })
    #expect(
      rows.allSatisfy { $0.dueDate == $0.date?.adding(days: 10) })
  }
}
