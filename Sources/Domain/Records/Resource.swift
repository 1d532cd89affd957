/// A system that holds records: a spoke around the local store.
public enum Service: String, Sendable, Hashable, CaseIterable, Comparable, CustomStringConvertible {
  case buildium, airtable, propertyme
  /// Rentbook itself: what is entered here.
  case rentbook

  /// The form shown in logs and messages.
  public var description: String { rawValue }

  /// The name people know it by.
  public var title: String {
    switch self {
    case .buildium: "Buildium"
    case .airtable: "Airtable"
    case .propertyme: "PropertyMe"
    case .rentbook: "Rentbook"
    }
  }

  /// The natural order.
  public static func < (left: Service, right: Service) -> Bool { left.rawValue < right.rawValue }
}

/// A kind of record that is kept in step. Cases stand in the order in which parents come first.
public enum Resource: String, Sendable, Hashable, CaseIterable, Comparable, CustomStringConvertible
{
  case glAccounts = "gl_accounts"
  case bankAccounts = "bank_accounts"
  case owners
  case properties
  case units
  case tenants
  case leases
  case vendorCategories = "vendor_categories"
  case vendors
  case taskCategories = "task_categories"
  case tasks
  case taskHistory = "task_history"
  case taskHistoryFiles = "task_history_files"
  case workOrders = "work_orders"
  case bills
  case transactions
  case billPayments = "bill_payments"
  case vendorCredits = "vendor_credits"
  case deposits
  case bankTransactions = "bank_transactions"
  case leaseTransactions = "lease_transactions"
  /// A tenant's payment: the same transaction, seen as rent received. Made here, never pulled.
  case rentPayments = "rent_payments"
  /// Net operating income of a final month. Made here when a month is finalised.
  case noi
  /// What a final month declared for an owner. Made here when a month is finalised.
  case ownerDraws = "owner_draws"

  /// The form shown in logs and messages.
  public var description: String { rawValue }

  /// The eight resources that go to Airtable as such, with the rent payments made from them and the
  /// results of final months, in the order in which links can be resolved.
  public static let mirrored: [Resource] = [
    .glAccounts, .owners, .properties, .units, .tenants, .leases, .bills, .transactions,
    .rentPayments, .noi, .ownerDraws,
  ]

  /// Whether its records are Rentbook's own figures, which no other service has.
  public var isResult: Bool { self == .noi || self == .ownerDraws }

  /// The part of a record's key that names the collection: `rentals` in `buildium/rentals/1042`.
  public var collection: String { Self.collections[self] ?? rawValue }

  /// The resource of a collection, or nil when there is none of that name.
  init?(collection: some StringProtocol) {
    guard let resource = Self.byCollection[String(collection)] else { return nil }
    self = resource
  }

  // Keys are read for every record that is looked at; these are worked out once.
  private static let collections: [Resource: String] = Dictionary(
    uniqueKeysWithValues: allCases.map { resource in
      switch resource {
      case .properties: (resource, "rentals")
      case .glAccounts: (resource, "glaccounts")
      case .rentPayments: (resource, "payments")
      case .ownerDraws: (resource, "draws")
      default: (resource, resource.rawValue.replacing("_", with: ""))
      }
    })
  private static let byCollection: [String: Resource] = Dictionary(
    uniqueKeysWithValues: collections.map { ($1, $0) })
  private static let orders: [Resource: Int] = Dictionary(
    uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })

  /// The name people know it by.
  public var title: String {
    switch self {
    case .glAccounts: "GL accounts"
    case .noi: "NOI"
    default:
      rawValue.prefix(1).uppercased() + rawValue.dropFirst().replacing("_", with: " ")
    }
  }

  /// Work on money comes before work on names (requirement C6); lower is sooner.
  public var priority: Int {
    switch self {
    case .transactions, .rentPayments, .billPayments, .deposits, .vendorCredits,
      .bankTransactions, .leaseTransactions:
      0
    case .bills, .noi, .ownerDraws: 1
    case .leases, .tenants: 2
    case .properties, .units, .owners, .glAccounts, .bankAccounts: 3
    default: 5
    }
  }

  /// Reads a name as a person types it: `gl_accounts`, `gl-accounts`, `glaccounts`, `rentals`.
  public init?(name: String) {
    let wanted = name.lowercased().replacing("-", with: "").replacing("_", with: "")
    let found = Self.allCases.first {
      $0.rawValue.replacing("_", with: "") == wanted || $0.collection == wanted
    }
    guard let found else { return nil }
    self = found
  }

  /// The natural order.
  public static func < (left: Resource, right: Resource) -> Bool {
    left.order < right.order
  }

  private var order: Int { Self.orders[self] ?? 0 }
}

/// Names one record at one service.
public struct RemoteKey: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Which service it is about.
  public let service: Service
  /// Which resource it is about.
  public let resource: Resource
  /// The service's own id, as text.
  public let id: String

  /// The record `id` of `resource` at `service`.
  public init(_ service: Service, _ resource: Resource, _ id: String) {
    (self.service, self.resource, self.id) = (service, resource, id)
  }

  /// `buildium/rentals/1042`: what the column *Rentbook Key* holds.
  public var description: String { "\(service)/\(resource.collection)/\(id)" }

  /// Reads `buildium/rentals/1042`; nil for anything else. Only Rentbook's own results have ids of
  /// several parts, as `rentbook/noi/2026-03/cash/1042`.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let service = Service(rawValue: String(parts[0])), !parts[2].isEmpty,
      let resource = Resource(collection: parts[1]),
      (service == .rentbook && resource.isResult) || !parts[2].contains("/")
    else { return nil }
    self.init(service, resource, String(parts[2]))
  }

  /// The natural order.
  public static func < (left: RemoteKey, right: RemoteKey) -> Bool {
    (left.service, left.resource, left.id) < (right.service, right.resource, right.id)
  }
}
