import Background
import Domain
import Providers
import Sync
import Testing

@testable import Sandbox

@Suite("Changing a record in Buildium")
struct BuildiumChangeTests {
  struct Edit: Sendable, CustomTestStringConvertible {
    var resource: Resource
    var field: String
    var value: FieldValue
    var testDescription: String { "\(resource).\(field)" }
  }

  static let edits: [Edit] = [
    Edit(resource: .properties, field: "name", value: .text("Ash House")),
    Edit(resource: .properties, field: "reserve", value: .money(Money(minorUnits: 123_45))),
    Edit(resource: .units, field: "market_rent", value: .money(Money(minorUnits: 1_415_50))),
    Edit(resource: .units, field: "description", value: .text("South side\nnew floor")),
    Edit(resource: .owners, field: "email", value: .text("new.owner@example.org")),
    Edit(resource: .owners, field: "phone_mobile", value: .text("(555) 555-0142")),
    Edit(resource: .tenants, field: "email", value: .text("new.tenant@example.org")),
    Edit(resource: .tenants, field: "comment", value: .text("Prefers e-mail.")),
    Edit(resource: .leases, field: "is_eviction_pending", value: .boolean(true)),
    Edit(resource: .vendors, field: "website", value: .text("https://vendor.example")),
    Edit(resource: .vendors, field: "insurance_provider", value: .text("Mutual of Fairhaven")),
    Edit(resource: .glAccounts, field: "description", value: .text("Kitchen and bath")),
    Edit(resource: .bankAccounts, field: "description", value: .text("Rents")),
    Edit(resource: .tasks, field: "subject", value: .text("Change the lock")),
    Edit(resource: .tasks, field: "priority", value: .text("High")),
    Edit(resource: .workOrders, field: "vendor_notes", value: .text("Bring the long ladder.")),
    Edit(resource: .bills, field: "description", value: .text("Corrected by hand")),
    Edit(resource: .bills, field: "reference_number", value: .text("R-2026-77")),
  ]

  /// The first record of a resource that Buildium lets be changed as it stands.
  private func subject(_ rig: BuildiumRig, _ edit: Edit) throws -> RemoteRecord {
    let records = try rig.all(edit.resource)
    return try #require(
      records.first { remote in
        switch edit.resource {
        case .glAccounts:
          // What Buildium does not show of a current asset must be said, and lists hide inactive ones.
          remote.record["sub_type"].text != "CurrentAsset"
            && remote.record["account_number"].text != nil
        case .tasks:
          remote.record["task_type"].text == "Todo" && !remote.record["assigned_to"].isNull
        case .leases:
          remote.record["lease_type"].text == "Fixed" && remote.record["status"].text == "Active"
            && remote.record["is_eviction_pending"].boolean == false
        default: remote.record[edit.field] != edit.value
        }
      })
  }

  private func change(_ remote: RemoteRecord, _ edit: Edit) -> RecordChange {
    RecordChange(
      intentID: "1", key: remote.key, record: Record(edit.resource, [edit.field: edit.value]),
      expected: Record(edit.resource, [edit.field: remote.record[edit.field]]))
  }

  @Test("a field goes out, comes back, and nothing else of the record changes", arguments: edits)
  func roundTrip(_ edit: Edit) throws {
    let rig = try BuildiumRig()
    let before = try rig.read(try subject(rig, edit).key)
    #expect(
      rig.provider.changeableFields(of: edit.resource).contains { $0.name == edit.field })
    let outcome = rig.provider.change(change(before, edit), cancellation: Cancellation())
    let written = try #require(outcome.written, "\(outcome)")
    #expect(written.wasSent && written.notWritten.isEmpty)
    #expect(written.records.first?.record[edit.field] == edit.value)
    let after = try rig.read(before.key)
    let changed = Set(before.record.fields.keys).union(after.record.fields.keys).filter {
      before.record[$0] != after.record[$0] && $0 != "buildium_updated_at"
    }
    #expect(changed == [edit.field])
    #expect(after.record[edit.field] == edit.value)
    #expect(after.record.lines == before.record.lines)
  }

  @Test(
    "what is there already is found to be there and not sent", arguments: [edits[0], edits[16]])
  func settled(_ edit: Edit) throws {
    let rig = try BuildiumRig()
    let wanted = change(try subject(rig, edit), edit)
    _ = rig.provider.change(wanted, cancellation: Cancellation())
    let sent = rig.requests("PUT") + rig.requests("PATCH")
    let again = rig.provider.change(wanted, cancellation: Cancellation())
    #expect(again.written?.wasSent == false)
    #expect(rig.requests("PUT") + rig.requests("PATCH") == sent)
  }

  @Test("a record changed meanwhile is given back fresh, and nothing is sent")
  func stale() throws {
    let rig = try BuildiumRig()
    let edit = Self.edits[4]
    let remote = try subject(rig, edit)
    let wanted = change(remote, edit)
    let id = try #require(Int32(remote.key.id))
    rig.sandbox.withState { state in
      _ = state.portfolio.owners.update(id) { $0.email = "someone.else@example.org" }
    }
    let outcome = rig.provider.change(wanted, cancellation: Cancellation())
    guard case .stale(let fresh, let fields) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(fields == ["email"])
    #expect(fresh.record["email"].text == "someone.else@example.org")
    #expect(rig.requests("PUT") == 0)
  }

  @Test("a change elsewhere in the record is kept, whatever was known of it")
  func unrelated() throws {
    let rig = try BuildiumRig()
    let edit = Self.edits[4]
    let remote = try subject(rig, edit)
    let id = try #require(Int32(remote.key.id))
    rig.sandbox.withState { state in
      _ = state.portfolio.owners.update(id) { $0.comment = "Written in the web pages" }
    }
    let outcome = rig.provider.change(change(remote, edit), cancellation: Cancellation())
    #expect(outcome.written != nil, "\(outcome)")
    let after = try rig.read(remote.key).record
    #expect(after["comment"].text == "Written in the web pages")
    #expect(after["email"] == edit.value)
  }

  @Test("a record that is gone is told as gone")
  func gone() throws {
    let rig = try BuildiumRig()
    let key = RemoteKey(.buildium, .vendors, "987654")
    let outcome = rig.provider.change(
      RecordChange(
        intentID: "1", key: key, record: Record(.vendors, ["website": .text("x")]),
        expected: Record(.vendors, ["website": .null])), cancellation: Cancellation())
    #expect(outcome.word == "gone")
  }

  @Test("a write answered with 404 says nothing of a record that is there when it is asked for")
  func missedWrite() throws {
    let rig = try BuildiumRig()
    let edit = Self.edits[2]
    let wanted = change(try subject(rig, edit), edit)
    rig.fail(.notFound, calls: .write)
    #expect(rig.provider.change(wanted, cancellation: Cancellation()).word == "refused")
  }

  @Test(
    "an answer lost after the change is a doubt, and asking again finds it done",
    arguments: [FaultKind.dropAfter, .serverErrorAfter, .gatewayTimeout, .cut, .garbage])
  func lostAnswer(_ fault: FaultKind) throws {
    let rig = try BuildiumRig()
    let edit = Self.edits[2]
    let wanted = change(try subject(rig, edit), edit)
    // The copy is read first; the second call is the replacement.
    rig.fail(fault, every: 2)
    let outcome = rig.provider.change(wanted, cancellation: Cancellation())
    rig.fail(nil)
    #expect(outcome.word == "doubt", "\(outcome)")
    #expect(rig.requests("PUT") == 1)
    #expect(rig.provider.change(wanted, cancellation: Cancellation()).written?.wasSent == false)
    #expect(rig.requests("PUT") == 1)
  }

  @Test("what could not be read or was refused for its pace was not sent", arguments: [1, 2])
  func notSent(_ call: Int) throws {
    let rig = try BuildiumRig()
    let edit = Self.edits[2]
    let wanted = change(try subject(rig, edit), edit)
    rig.fail(.tooManyRequests, every: call)
    #expect(rig.provider.change(wanted, cancellation: Cancellation()).word == "not sent")
    rig.fail(nil)
    #expect(rig.provider.change(wanted, cancellation: Cancellation()).written?.wasSent == true)
  }

  @Test("what a replacement would clear is named, and cleared only when a person allows it")
  func clearing() throws {
    let rig = try BuildiumRig()
    let edit = Self.edits[6]
    let remote = try subject(rig, edit)
    let id = try #require(Int32(remote.key.id))
    rig.sandbox.withState { state in
      _ = state.portfolio.tenants.update(id) {
        $0.phones = [
          Phone(number: "(555) 555-0001", kind: .cell),
          Phone(number: "(555) 555-0002", kind: .cell),
        ]
      }
    }
    var wanted = change(remote, edit)
    let refusal = try #require(
      rig.provider.change(wanted, cancellation: Cancellation()).refusal)
    #expect(refusal.message.contains("PhoneNumbers (Cell)"))
    #expect(rig.requests("PUT") == 0)
    wanted.mayClear = true
    let written = try #require(
      rig.provider.change(wanted, cancellation: Cancellation()).written)
    #expect(written.cleared == ["PhoneNumbers (Cell)"])
  }

  @Test("a bill's line is changed, added and taken away, and the others keep their numbers")
  func billLines() throws {
    let rig = try BuildiumRig()
    let bill = try #require(
      try rig.all(.bills).first { remote in
        remote.record["paid_date"].isNull && remote.record.lines.count == 1
      })
    func change(_ lines: [FieldValues], from old: [FieldValues]) -> RecordOutcome {
      rig.provider.change(
        RecordChange(
          intentID: "1", key: bill.key, record: Record(.bills, lines: lines),
          expected: Record(.bills, lines: old)), cancellation: Cancellation())
    }
    var added = bill.record.lines[0]
    added["buildium_line_id"] = nil
    added["amount"] = .money(Money(minorUnits: 77_00))
    added["memo"] = .text("a second line")
    let two = bill.record.lines + [added]
    #expect(change(two, from: bill.record.lines).written != nil)
    #expect(rig.requests("PATCH") == 1)
    let after = try rig.read(bill.key).record
    #expect(after.lines.count == 2)
    #expect(
      after.lines[0]["buildium_line_id"] == bill.record.lines[0]["buildium_line_id"])
    // Sending the same again must not add the line again.
    #expect(change(two, from: bill.record.lines).written?.wasSent == false)
    var marked = after.lines
    marked[1]["markup_amount"] = .decimal(try #require(DecimalText("10")))
    marked[1]["markup_type"] = .text("Percent")
    #expect(change(marked, from: after.lines).written != nil)
    let withMarkup = try rig.read(bill.key).record
    #expect(withMarkup.lines[1]["markup_type"]?.text == "Percent")
    #expect(
      withMarkup["amount"].money?.minorUnits
        == (bill.record["amount"].money?.minorUnits ?? 0) + 84_70)
    #expect(change([after.lines[0]], from: withMarkup.lines).written != nil)
    #expect(rig.requests("PUT") == 1)
    #expect(try rig.read(bill.key).record.lines.count == 1)
  }

  @Test("a paid bill's lines below what was paid are refused in Buildium's words")
  func refused() throws {
    let rig = try BuildiumRig()
    let bill = try #require(try rig.all(.bills).first { !$0.record["paid_date"].isNull })
    var lines = bill.record.lines
    lines[0]["amount"] = .money(Money(minorUnits: 1))
    let outcome = rig.provider.change(
      RecordChange(
        intentID: "1", key: bill.key, record: Record(.bills, lines: lines),
        expected: Record(.bills, lines: bill.record.lines)), cancellation: Cancellation())
    let refusal = try #require(outcome.refusal, "\(outcome)")
    #expect(refusal.message.contains("already paid"))
    #expect(refusal.status == 422)
  }

  @Test("a field Buildium takes from nobody is refused before anything is sent")
  func untaken() throws {
    let rig = try BuildiumRig()
    let unit = try #require(try rig.all(.units).first)
    let outcome = rig.provider.change(
      RecordChange(
        intentID: "1", key: unit.key,
        record: Record(.units, ["building_name": .text("Other house")]),
        expected: Record(.units, ["building_name": unit.record["building_name"]])),
      cancellation: Cancellation())
    #expect(outcome.refusal?.message.contains("building name") == true, "\(outcome)")
    #expect(rig.requests("PUT") == 0)
  }

  @Test("secrets and what Buildium computes are never offered for changing")
  func offered() throws {
    let rig = try BuildiumRig()
    for resource in Resource.allCases {
      let names = rig.provider.changeableFields(of: resource)
      #expect(!names.contains { $0.kind == .sealed })
      #expect(
        !names.contains {
          ["is_unit_occupied", "unitId", "status"].contains($0.name) && resource != .tasks
        })
    }
    #expect(rig.provider.changeableFields(of: .transactions).isEmpty)
  }
}
