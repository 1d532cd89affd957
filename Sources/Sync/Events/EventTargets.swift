import Domain

/// Which records an event is about. It names ids and carries no data: the records are fetched.
enum EventTargets {
  /// The collection and the id's member, by what stands before the last part of the event's name.
  private static let single: [String: [(Resource, String)]] = [
    "Rental": [(.properties, "PropertyId")],
    "RentalUnit": [(.units, "UnitId")],
    "Lease": [(.leases, "LeaseId")],
    "Lease.MoveOut": [(.leases, "LeaseId"), (.tenants, "TenantId")],
    "LeaseTenant": [(.tenants, "TenantId")],
    "LeaseTransaction": [(.transactions, "TransactionId"), (.leaseTransactions, "TransactionId")],
    "Bill": [(.bills, "BillId")],
    "Vendor": [(.vendors, "VendorId")],
    "VendorCategory": [(.vendorCategories, "VendorCategoryId")],
    "Vendor.Transaction": [(.transactions, "TransactionId")],
    "GLAccount": [(.glAccounts, "GLAccountId")],
    "BankAccount": [(.bankAccounts, "BankAccountId")],
    "Task": [(.tasks, "TaskId")],
    "TaskCategory": [(.taskCategories, "TaskCategoryId")],
    "Task.History": [(.tasks, "TaskId"), (.taskHistory, "TaskHistoryId")],
    "WorkOrder": [(.workOrders, "WorkOrderId")],
  ]

  /// The records to fetch, parents before what hangs on them; none for an event that is about
  /// something not synchronized, or is not known at all.
  static func keys(of name: String, _ data: JSONValue, at service: Service) -> [RemoteKey] {
    guard let dot = name.lastIndex(of: ".") else { return [] }
    let subject = String(name[..<dot])
    func key(_ resource: Resource, _ id: String) -> RemoteKey { RemoteKey(service, resource, id) }
    switch subject {
    case "Bill.Payment":
      let bills = data["BillIds"]?.array?.compactMap(id) ?? []
      let payment = id(data["PaymentId"])
      return bills.map { key(.bills, $0) }
        + bills.compactMap { bill in payment.map { key(.billPayments, "\($0):\(bill)") } }
    case "BankAccount.Transaction":
      guard let account = id(data["BankAccountId"]), let transaction = id(data["TransactionId"])
      else { return [] }
      return [
        key(.transactions, transaction), key(.bankTransactions, "\(account):\(transaction)"),
      ]
    default:
      return (single[subject] ?? []).compactMap { resource, member in
        id(data[member]).map { key(resource, $0) }
      }
    }
  }

  /// An id: a whole number, also where it came as text.
  private static func id(_ value: JSONValue?) -> String? {
    let text: String
    switch value {
    case .number(let number): text = number
    case .string(let string): text = string
    default: return nil
    }
    return Int64(text).map { "\($0)" }
  }
}
