import Domain

/// A sum of money on both sides that is not the same.
public struct MoneyDifference: Sendable, Hashable {
  /// What is summed up.
  public struct Place: Sendable, Hashable, Comparable {
    /// The resource whose records carry the money.
    public var resource: Resource
    /// The money field.
    public var field: String
    /// The property, by its key; empty when the record names none.
    public var property: String
    /// The month as `YYYY-MM`; empty when the record has no day.
    public var month: String
    /// The GL account, by its key; empty when the record names none.
    public var account: String

    private var order: [String] { [resource.rawValue, field, property, month, account] }

    /// Orders by resource, field, property, month and account.
    public static func < (left: Place, right: Place) -> Bool {
      left.order.lexicographicallyPrecedes(right.order)
    }
  }

  /// What is summed up.
  public var place: Place
  /// The sum by the source.
  public var left: Money
  /// The sum by the sink.
  public var right: Money
  /// The records that make the difference, each with what it adds to source less sink.
  public var records: [Part]

  /// One record's part of a difference.
  public struct Part: Sendable, Hashable {
    /// The record.
    public var key: RemoteKey
    /// The source's amount less the sink's.
    public var amount: Money
  }
}

/// Sums up money on both sides while records are compared (invariant S16): the difference of two
/// sums is exactly the sum of the parts listed with it.
struct MoneyClosure {
  private struct Sum {
    var left = Money.zero
    var right = Money.zero
    var records: [MoneyDifference.Part] = []
  }
  private var sums: [MoneyDifference.Place: Sum] = [:]

  /// Adds one record as it stands on the two sides.
  mutating func add(_ key: RemoteKey, left: FieldValues?, right: FieldValues?) {
    let (a, b) = (Self.amounts(key.resource, left), Self.amounts(key.resource, right))
    for place in Set(a.keys).union(b.keys).sorted() {
      let (left, right) = (a[place] ?? .zero, b[place] ?? .zero)
      sums[place, default: Sum()].left += left
      sums[place, default: Sum()].right += right
      if left != right {
        sums[place, default: Sum()].records.append(
          MoneyDifference.Part(key: key, amount: left - right))
      }
    }
  }

  /// The places where a record differs, in order; those whose parts cancel out too.
  var differences: [MoneyDifference] {
    sums.keys.sorted().compactMap { place in
      guard let sum = sums[place], !sum.records.isEmpty else { return nil }
      return MoneyDifference(
        place: place, left: sum.left, right: sum.right,
        records: sum.records.sorted { $0.key < $1.key })
    }
  }

  /// The day of a record is the first of these it carries.
  private static let days = ["date", "payment_date", "due_date"]

  private static func amounts(
    _ resource: Resource, _ fields: FieldValues?
  ) -> [MoneyDifference.Place: Money] {
    guard let fields else { return [:] }
    let links = fields.keys.sorted().flatMap { fields[$0]?.links ?? [] }
    let day = days.lazy.compactMap { fields[$0]?.date }.first
    var amounts: [MoneyDifference.Place: Money] = [:]
    for (field, value) in fields {
      guard let amount = value.money else { continue }
      amounts[
        MoneyDifference.Place(
          resource: resource, field: field,
          property: links.first { $0.resource == .properties }?.description ?? "",
          month: day.map { String($0.description.prefix(7)) } ?? "",
          account: links.first { $0.resource == .glAccounts }?.description ?? ""),
        default: .zero] += amount
    }
    return amounts
  }
}
