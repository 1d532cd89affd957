// Work orders.
import Domain
import Sync

/// A work order with its lines.
enum WorkOrderMapping {
  static let collection = "/v1/workorders"
  static let mapping = EntityMapping(
    .workOrders, "Work order",
    [
      .read("task_id", "Task.Id"), .read("unit_id", "Task.UnitId"),
      .both("vendor_id", "VendorId", required: true), .both("subject", "Title", limit: 127),
      .both("description", "WorkDetails", limit: 65_535),
      .both("invoice_number", "InvoiceNumber", limit: 50),
      .both("chargeable_to", "ChargeableTo", limit: 100),
      .both("entry_allowed", "EntryAllowed", required: true),
      .both("entry_notes", "EntryNotes", limit: 65_535),
      .both("vendor_notes", "VendorNotes", limit: 65_535), .read("priority", "Priority"),
      .read("status", "Status"), .read("due_date", "DueDate"), .read("actual_cost", "Amount"),
    ])

  static func record(_ json: JSONValue) throws(ProviderError) -> RemoteRecord {
    var remote = try mapping.record(json)
    let wire = try Wire(json, titled: "Work order")
    var bills = try wire.references(.bills, "BillTransactionIds")
    if bills.isEmpty { bills = try wire.references(.bills, "BillTransactionId") }
    remote.record["bill_ids"] = .references(canonical: bills.filter { $0.id != "0" })
    for line in try wire.list("LineItems") {
      remote.record.lines.append([
        "gl_account_id": try line.field(.reference(.glAccounts), "GlAccountId"),
        "quantity": try line.field(.decimal, "Quantity"),
        "unit_price": try line.field(.decimal, "UnitPrice"),
        "memo": try line.field(.text, "Memo"),
      ])
    }
    return remote
  }

  /// The body for a work order. Its lines are replaced whole; status, priority and due date belong
  /// to its task.
  static func body(_ record: Record, id: String?, current: JSONValue?) throws(ProviderError)
    -> BuildiumBody
  {
    var builder = try mapping.body(record, current: current)
    var lines = record.lines
    if lines.isEmpty, let current { lines = try Self.record(current).record.lines }
    builder.set(
      "LineItems",
      .array(
        lines.map { line in
          [
            "GlAccountId": (line["gl_account_id"] ?? .null).wire,
            "Quantity": (line["quantity"] ?? .null).wire,
            "Memo": (line["memo"] ?? .null).wire,
            "UnitPrice": (line["unit_price"] ?? .null).wire,
          ]
        }))
    for (index, line) in lines.enumerated() {
      for field in ["quantity", "unit_price"] where line[field] ?? .null == .null {
        builder.problems.append(
          "Work order: line \(index + 1) has no \(field.replacing("_", with: " ")).")
      }
    }
    if let current {
      let contacts = (current["EntryContacts"]?.array ?? []).compactMap { $0["Id"] }
      builder.set("EntryContactIds", contacts.isEmpty ? .null : .array(contacts))
    } else if record["task_id"].isNull {
      builder.problems.append("Work order: it belongs to no task; Buildium requires one.")
    } else {
      builder.set("TaskId", record["task_id"].wire)
      builder.notWritten.removeAll { $0 == "task_id" }
    }
    return builder.body(collection, id: id)
  }
}
