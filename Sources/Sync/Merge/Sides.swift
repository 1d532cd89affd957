/// The two ends of a pair of records, and values that exist once for each.

/// One of the two sides a pair of records lives on. Left is Buildium, right is Airtable; the rules of
/// the merge are the same for both.
public enum Side: String, Sendable, Hashable, CaseIterable, Comparable {
  case left, right

  /// The other one.
  public var other: Side { self == .left ? .right : .left }

  /// Left comes first.
  public static func < (one: Side, two: Side) -> Bool { one == .left && two == .right }
}

/// A value for each side.
public struct Sides<Value> {
  /// The value of the left side.
  public var left: Value
  /// The value of the right side.
  public var right: Value

  /// A value for each side.
  public init(left: Value, right: Value) { (self.left, self.right) = (left, right) }

  /// The same value for both sides.
  public init(both value: Value) { (left, right) = (value, value) }

  /// The value of a side.
  public subscript(side: Side) -> Value {
    get { side == .left ? left : right }
    set { if side == .left { left = newValue } else { right = newValue } }
  }

  /// Left is right and right is left.
  public var mirrored: Sides { Sides(left: right, right: left) }

  /// Both values changed the same way.
  public func map<Other>(_ body: (Value) -> Other) -> Sides<Other> {
    Sides<Other>(left: body(left), right: body(right))
  }
}

extension Sides: Sendable where Value: Sendable {}
extension Sides: Equatable where Value: Equatable {}
extension Sides: Hashable where Value: Hashable {}
