// Bills.
import Domain
import Sync

/// A bill with its lines.
enum BillMapping {
  static let collection = "/v1/bills"
  static let mapping = EntityMapping(
    .bills, "Bill",
    [
      .both("date", "Date", required: true), .both("due_date", "DueDate", required: true),
      .read("paid_date", "PaidDate"), .both("description", "Memo", limit: 245),
      .both("vendor_id", "VendorId", required: true), .read("work_order_id", "WorkOrderId"),
      .both("reference_number", "ReferenceNumber", limit: 40),
      .read("buildium_approval_status", "ApprovalStatus"),
    ])
  private static let memo = Member.both("memo", "Memo", limit: 240)

  static func record(_ json: JSONValue) throws(ProviderError) -> RemoteRecord {
    var remote = try mapping.record(json)
    let wire = try Wire(json, titled: "Bill")
    var total = Money.zero
    for line in try wire.list("Lines") {
      let fields = try fields(line)
      total += (fields["amount"]?.money ?? .zero) + (try markup(fields, line))
      remote.record.lines.append(fields)
    }
    remote.record["amount"] = .money(total)
    for field in ["property_id", "unit_id"] {
      remote.record[field] = EntityReference.common(field, of: remote.record.lines)
    }
    return remote
  }

  private static func fields(_ line: Wire) throws(ProviderError) -> FieldValues {
    let fields: FieldValues = [
      "buildium_line_id": try line.field(.integer, "Id"),
      "gl_account_id": try EntityReference.account(line),
      "amount": try line.field(.money, "Amount"),
      "markup_amount": try line.field(.decimal, "Markup", "Amount"),
      "markup_type": try line.field(.choice, "Markup", "Type"),
      "memo": try line.field(.text, "Memo"),
    ]
    return fields.merging(try EntityReference.fields(line)) { $1 }
  }

  /// What the markup of a line adds: an amount, or a percentage of the line rounded half up to the
  /// cent.
  private static func markup(_ line: FieldValues, _ wire: Wire) throws(ProviderError) -> Money {
    guard case .decimal(let markup)? = line["markup_amount"] else { return .zero }
    guard line["markup_type"]?.text == "Percent" else {
      guard let money = Wire.money(markup.description) else {
        throw .unexpected("\(wire.what): Markup.Amount is \(markup), not whole cents.")
      }
      return money
    }
    let amount = line["amount"]?.money ?? .zero
    guard let money = amount.percentage(markup) else {
      throw .unexpected("\(wire.what): a markup of \(markup) % is too large to compute.")
    }
    return money
  }

  /// The body for a bill: POST creates; an existing bill is changed by PATCH, which touches only
  /// what is given.
  ///
  /// - Parameter current: the bill as Buildium has it now; nil when it is created.
  static func body(_ record: Record, id: String?, current: JSONValue?) throws(ProviderError)
    -> BuildiumBody
  {
    var builder = try mapping.body(record, current: current, only: id != nil)
    if id == nil, !record["work_order_id"].isNull {
      builder.set("WorkOrderId", record["work_order_id"].wire)
      builder.notWritten.removeAll { $0 == "work_order_id" }
    }
    if !record.lines.isEmpty { addLines(record.lines, to: &builder) }
    if id == nil, record.lines.isEmpty {
      builder.problems.append("Bill: it has no lines; Buildium requires at least one.")
    }
    checkDates(&builder, current)
    return builder.body(collection, id: id, method: "PATCH")
  }

  /// The body that replaces a bill whole. Lines without an id are added, lines left out removed.
  static func replacement(_ record: Record, id: String, current: JSONValue) throws(ProviderError)
    -> BuildiumBody
  {
    var builder = try mapping.body(record, current: current)
    let lines = record.lines.isEmpty ? try Self.record(current).record.lines : record.lines
    addLines(lines, to: &builder)
    checkDates(&builder, nil)
    return builder.body(collection, id: id)
  }

  private static func addLines(_ lines: [FieldValues], to builder: inout BodyBuilder) {
    var elements: [JSONValue] = []
    for (index, line) in lines.enumerated() {
      let name = "Bill: line \(index + 1)"
      var element = JSONObject()
      if let id = line["buildium_line_id"]?.integer { element["Id"] = .int(id) }
      if let entity = EntityReference.wire(line) {
        element["AccountingEntity"] = entity
      } else {
        builder.problems.append("\(name) names no property; Buildium requires one.")
      }
      if let account = line["gl_account_id"]?.reference {
        element["GlAccountId"] = .number(account.id)
      } else {
        builder.problems.append("\(name) names no GL account; Buildium requires one.")
      }
      if let amount = line["amount"]?.money {
        element["Amount"] = FieldValue.money(amount).wire
      } else {
        builder.problems.append("\(name) has no amount; Buildium requires one.")
      }
      if let markup = line["markup_amount"], !markup.isNull {
        element["Markup"] = [
          "Amount": markup.wire, "Type": (line["markup_type"] ?? .null).wire,
        ]
      } else {
        element["Markup"] = .null
      }
      element["Memo"] = (line["memo"] ?? .null).wire
      builder.check(line["memo"] ?? .null, memo)
      elements.append(.object(element))
    }
    builder.set("Lines", .array(elements))
  }

  private static func checkDates(_ builder: inout BodyBuilder, _ current: JSONValue?) {
    func day(_ name: String) -> CalendarDate? {
      (builder[name]?.string ?? current?[name]?.string).flatMap { CalendarDate($0) }
    }
    if let date = day("Date"), let due = day("DueDate"), due < date {
      builder.problems.append("Bill: it is due on \(due), before its date \(date).")
    }
  }
}

extension Money {
  /// So many percent of the amount, rounded half away from zero; nil when it does not fit 64 bits.
  func percentage(_ percent: DecimalText) -> Money? {
    var divisor: Int64 = 100
    for _ in 0..<percent.scale {
      let (next, overflow) = divisor.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      divisor = next
    }
    let (product, overflow) = minorUnits.multipliedReportingOverflow(by: percent.unscaled)
    guard !overflow else { return nil }
    let whole = product / divisor
    let rest = (product % divisor).magnitude
    let roundsUp = rest >= divisor.magnitude - rest
    return Money(minorUnits: whole + (roundsUp ? (product < 0 ? -1 : 1) : 0))
  }
}
