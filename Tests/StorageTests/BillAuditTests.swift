import Domain
import Testing

@testable import Storage

@Suite("The trail of bills")
struct BillAuditTests {
  let fixture: BillFixture
  var store: Store { fixture.store }

  init() throws { fixture = try BillFixture() }

  @Test(
    "a step that was changed, taken out, put in or cut off is found",
    arguments: [
      ("UPDATE bill_approval_audit SET actor = 'eve' WHERE seq = 3", "Step 3 was changed."),
      ("UPDATE bill_approval_audit SET reason = 'r' WHERE seq = 5", "Step 5 was changed."),
      ("UPDATE bill_approval_audit SET at = 'x' WHERE seq = 1", "Step 1 was changed."),
      ("DELETE FROM bill_approval_audit WHERE seq = 3", "1 step(s) before step 4 are missing."),
      (
        "DELETE FROM bill_approval_audit WHERE seq > 4",
        "The trail does not end with the step that was sealed last."
      ),
      ("DELETE FROM bill_approval_audit", "The seal of the last step is missing or broken."),
      ("DELETE FROM audit_heads", "The seal of the last step is missing or broken."),
      (
        """
        INSERT INTO bill_approval_audit (seq, bill_id, at, actor, action, prev_hash, hash)
        SELECT 7, bill_id, at, 'eve', 'approve', hash, 'h' FROM bill_approval_audit WHERE seq = 6
        """, "Step 7 was changed."
      ),
    ])
  func tampering(_ statement: String, _ finding: String) throws {
    _ = try fixture.bill(in: .approved)
    _ = try fixture.bill(in: .rejected)
    #expect(try store.verifyAudit().findings.isEmpty)
    #expect(try store.verifyAudit().steps == 6)
    try fixture.test.run(
      "DROP TRIGGER bill_approval_audit_update", "DROP TRIGGER bill_approval_audit_delete",
      statement)
    let findings = try store.verifyAudit().findings
    // Without any step left the seal still says that there were some.
    let expected =
      statement == "DELETE FROM bill_approval_audit"
      ? "The trail does not end with the step that was sealed last." : finding
    #expect(findings.contains(expected), "\(findings)")
  }

  @Test("a chain made anew in all its steps does not bear the seal")
  func forged() throws {
    let id = try fixture.bill(in: .approved)
    try fixture.test.run(
      "DROP TRIGGER bill_approval_audit_delete", "DELETE FROM bill_approval_audit WHERE seq = 3")
    // The last step again, by somebody else, with its right fingerprint.
    let previous = try fixture.test.rows("SELECT hash FROM bill_approval_audit WHERE seq = 2")[0]
    let forged = AuditTrail.Step(
      number: 3, previous: previous, at: "2026-09-01T00:00:00.000Z",
      entry: AuditTrail.Entry(
        subject: id, name: "", actor: "eve", action: "approve", from: "pending_approval",
        to: "approved", version: 3))
    try fixture.test.run(
      """
      INSERT INTO bill_approval_audit (seq, bill_id, at, actor, action, from_state, to_state,
        prev_hash, hash, version)
      VALUES (3, '\(id)', '\(forged.at)', 'eve', 'approve', 'pending_approval', 'approved',
        '\(previous)', '\(forged.hash)', 3)
      """)
    #expect(
      try store.verifyAudit().findings
        == ["The trail does not end with the step that was sealed last."])
  }

  @Test("users are in the trail as bills are, and so is who was refused")
  func users() throws {
    #expect(try store.add(User(name: "max", role: .manager), by: "ann") == .done(madeAdmin: "ann"))
    #expect(try store.users().map(\.name) == ["ann", "max"])
    let refused = try store.add(User(name: "eve", role: .admin), by: "max")
    #expect(refused == .refused(UserRefusal.roleMayNot(.manager).refusal))
    let stranger = try store.removeUser("max", by: "eve")
    #expect(stranger == .refused(UserRefusal.unknownUser("eve").refusal))
    #expect(
      try store.change(User(name: "ann", role: .viewer), by: "ann")
        == .refused(UserRefusal.lastAdmin("ann").refusal))
    #expect(
      try store.removeUser("ann", by: "ann") == .refused(UserRefusal.lastAdmin("ann").refusal))
    #expect(try store.removeUser("max", by: "ann") == .done(madeAdmin: nil))
    #expect(try store.users().map(\.name) == ["ann"])
    #expect(try store.auditEvents(limit: 20).map(\.kind).allSatisfy { $0 == "user" })
    #expect(try store.auditEvents(limit: 20).count == 6)
    #expect(try store.verifyAudit().findings.isEmpty)
    let bill = try store.createBill(BillFixture.draft([5]), by: "max")
    #expect(bill.refusal?.code == "unknown_user")
  }

  @Test("the first user who makes themselves one is an administrator")
  func first() throws {
    let refused = try store.add(User(name: "ann", role: .manager), by: "ann")
    #expect(refused == .refused(UserRefusal.lastAdmin("ann").refusal))
    #expect(try store.add(User(name: "ann", role: .admin), by: "ann") == .done(madeAdmin: nil))
  }
}
