import Domain

/// What a key may be allowed to see and change, as the service's settings page groups it.
public enum BuildiumResource: String, Sendable, Hashable, CaseIterable {
  case account = "Account Information"
  case settings = "Application Settings"
  case users = "Users"
  case rentals = "Rental properties and units"
  case owners = "Property Rental Owners"
  case leases = "Leases"
  case tenants = "Tenants"
  case leaseTransactions = "Lease transactions"
  case outstandingBalances = "Outstanding Balances"
  case accounts = "General Ledger Accounts"
  case ledger = "General Ledger Transactions"
  case banks = "Bank Accounts"
  case bills = "Bills"
  case vendors = "Vendors"
  case workOrders = "Work Orders"
  case tasks = "Tasks"
}

/// What a handler is given: the request taken apart and checked.
struct Call {
  /// The numbers in the path, in order.
  var ids: [Int32]
  var query: Query
  var body: JSONValue
  var now: Instant
  /// Where the client reached the server, for addresses in answers.
  var base: String

  var today: Day { Day(now.date) }
  /// - Precondition: the route's pattern has so many numbers.
  func id(_ index: Int) -> Int32 { ids[index] }
}

/// One operation of the service.
struct Route: Sendable {
  typealias Handler = @Sendable (inout BuildiumState, Call) throws(Refusal) -> Answer

  var method: String
  var pattern: [Substring]
  var resource: BuildiumResource
  var parameters: Parameters
  /// The name of the body's shape; nil when the operation takes no body.
  var shape: Shape?
  var handler: Handler

  static func get(
    _ path: String, _ resource: BuildiumResource, _ parameters: String = "",
    _ handler: @escaping Handler
  ) -> Route {
    Route(
      method: "GET", pattern: path.dropFirst().split(separator: "/"), resource: resource,
      parameters: Parameters(parameters), handler: handler)
  }

  static func send(
    _ method: String, _ path: String, _ resource: BuildiumResource, _ shape: String? = nil,
    _ handler: @escaping Handler
  ) -> Route {
    Route(
      method: method, pattern: path.dropFirst().split(separator: "/"), resource: resource,
      parameters: .none, shape: shape.map(Shapes.named), handler: handler)
  }

  /// The numbers of a path that fits, else nil. `#` in a pattern stands for a number.
  func match(_ path: [Substring]) -> [Int32]? {
    guard path.count == pattern.count else { return nil }
    var ids: [Int32] = []
    for (part, wanted) in zip(path, pattern) {
      if wanted == "#" {
        guard let id = Int32(part), id >= 0 else { return nil }
        ids.append(id)
      } else if part != wanted {
        return nil
      }
    }
    return ids
  }
}

/// The operations, found by the number of parts and the second part of their path.
struct RouteTable: Sendable {
  private struct Key: Hashable {
    var count: Int
    var family: Substring
  }
  private let routes: [Key: [Route]]

  init(_ list: [Route]) {
    routes = Dictionary(grouping: list) {
      Key(count: $0.pattern.count, family: $0.pattern.count > 1 ? $0.pattern[1] : "")
    }
  }

  enum Finding {
    case found(Route, [Int32])
    case otherMethod
    case none
  }

  /// Paths are told apart by case; a number never hides a word, for words are no numbers.
  func find(method: String, path: String) -> Finding {
    let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count > 1 else { return .none }
    var isKnown = false
    for route in routes[Key(count: parts.count, family: parts[1])] ?? [] {
      guard let ids = route.match(parts) else { continue }
      if route.method == method { return .found(route, ids) }
      isKnown = true
    }
    return isKnown ? .otherMethod : .none
  }

  /// Every operation, for tests that hold the table against a document.
  var all: [(method: String, path: String)] {
    routes.values.flatMap { $0 }.map {
      ($0.method, "/" + $0.pattern.joined(separator: "/"))
    }
  }
}
