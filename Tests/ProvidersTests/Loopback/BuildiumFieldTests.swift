import Background
import Domain
import Providers
import Sync
import Testing

@testable import Sandbox

@Suite("Every field that Buildium is said to take")
struct BuildiumFieldTests {
  /// What follows from a field in Buildium, beside itself.
  private static let follows: [String: Set<String>] = [
    "first_name": ["name", "contact_name"], "last_name": ["name", "contact_name"],
    "company_name": ["name", "contact_name"], "is_company": ["name", "contact_name"],
    "rental_manager_id": ["rental_manager_name"], "rental_sub_type": ["property_type"],
    "task_category_id": ["category", "sub_category"], "startDate": ["term_type", "status"],
    "endDate": ["term_type", "status"], "lease_type": ["endDate", "term_type"],
    "sub_type": ["type"],
  ]

  /// Another value of the kind; nil where the portfolio shows no other.
  private func other(
    _ field: FieldDefinition, _ now: FieldValue, among records: [RemoteRecord]
  ) -> FieldValue? {
    switch field.kind {
    // The portfolio shows one value of these, or none.
    case .choice where field.name == "tax_payer_type":
      return now.text == "SSN" ? .text("EIN") : .text("SSN")
    case .choice where field.name == "entry_allowed":
      return now.text == "No" ? .text("Yes") : .text("No")
    case .reference where field.name == "expense_gl_account_id":
      return .reference(RemoteKey(.buildium, .glAccounts, String(ChartOfAccounts.repairs)))
    case .text where field.name.contains("email"): return .text("somebody.else@example.org")
    case .text where field.name.contains("phone"): return .text("(555) 555-0177")
    case .text where field.name.contains("country"): return .text("Canada")
    case .text where field.name == "assigned_to": return nil
    case .text: return .text("Other 7")
    case .longText: return .text("Other text\nin two lines, naïve")
    case .money: return .money(Money(minorUnits: 12_345_67))
    case .integer where field.name == "year_built": return .integer(1987)
    case .date:
      return now.date.map { .date($0.adding(days: 3)) } ?? .date(rigDay.adding(days: 40))
    case .boolean: return now.boolean.map { .boolean(!$0) }
    default: return records.map { $0.record[field.name] }.first { !$0.isNull && $0 != now }
    }
  }

  @Test(
    "each field is changed alone and comes back as it was sent",
    arguments: [
      Resource.properties, .units, .owners, .tenants, .leases, .vendors, .tasks, .workOrders,
      .bills, .glAccounts, .bankAccounts,
    ])
  func everyField(_ resource: Resource) throws {
    let rig = try BuildiumRig()
    let records = try rig.all(resource)
    // An address that is not there comes only whole; a single line of it is refused in words.
    let fields = rig.provider.changeableFields(of: resource).filter {
      !$0.name.hasPrefix("alternate_") || $0.name == "alternate_email"
    }
    var (done, refused) = (0, [String]())
    for field in fields {
      // The first record that takes the change: what Buildium requires of a whole record may be
      // missing in some.
      var reason = "no other value is known"
      var isDone = false
      for remote in records.prefix(25) where !isDone {
        let before = try rig.read(remote.key).record
        guard let value = other(field, before[field.name], among: records) else { continue }
        let outcome = rig.provider.change(
          RecordChange(
            intentID: "1", key: remote.key, record: Record(resource, [field.name: value]),
            expected: Record(resource, [field.name: before[field.name]])),
          cancellation: Cancellation())
        guard outcome.written != nil else {
          reason = outcome.refusal?.message ?? outcome.word
          continue
        }
        isDone = true
        done += 1
        let after = try rig.read(remote.key).record
        #expect(after[field.name] == value, "\(resource).\(field.name)")
        let changed = Set(before.fields.keys).union(after.fields.keys).filter {
          before[$0] != after[$0] && $0 != field.name && $0 != "buildium_updated_at"
        }
        #expect(
          changed.isSubset(of: Self.follows[field.name] ?? []),
          "\(resource).\(field.name) also changed \(changed.sorted())")
        #expect(after.lines == before.lines, "\(resource).\(field.name)")
      }
      if !isDone { refused.append("\(field.name): \(reason)") }
    }
    // What no record takes must be few, and is shown.
    #expect(done >= fields.count - 3 && done > 2, "\(resource): \(refused)")
  }

  @Test("tasks of every type take a change of their priority")
  func taskTypes() throws {
    let rig = try BuildiumRig()
    let tasks = try rig.all(.tasks)
    let types = Set(tasks.compactMap { $0.record["task_type"].text })
    #expect(types.count > 2)
    for type in types.sorted() {
      var words: Set<String> = []
      for task in tasks where task.record["task_type"].text == type {
        let priority = task.record["priority"].text == "High" ? "Low" : "High"
        let outcome = rig.provider.change(
          RecordChange(
            intentID: "1", key: task.key, record: Record(.tasks, ["priority": .text(priority)]),
            expected: Record(.tasks, ["priority": task.record["priority"]])),
          cancellation: Cancellation())
        words.insert(outcome.refusal?.message ?? outcome.word)
        guard outcome.written != nil else { continue }
        let after = try rig.read(task.key).record
        #expect(after["priority"].text == priority)
        #expect(after["task_type"].text == type)
      }
      #expect(words.contains("done"), "\(type): \(words)")
    }
  }
}
