// Who may do what with bills: roles, limits and the policies of properties (requirement A10).

/// What a person may do at all.
public enum Role: String, Sendable, Hashable, CaseIterable {
  /// Looks.
  case viewer
  /// Enters bills and submits them; approves up to a limit of their own, none without one.
  case manager
  /// Approves, pays and voids.
  case accountant
  /// Everything, and who may do what.
  case admin

  /// Whether the role has an action on bills.
  public func may(_ action: BillAction) -> Bool {
    switch self {
    case .viewer: false
    case .manager: action != .void && action != .apply
    case .accountant, .admin: true
    }
  }

  /// Whether the role makes and voids deposits, applies payments and runs a backfill.
  public var keepsBooks: Bool { self == .accountant || self == .admin }

  /// Whether the role says who may do what.
  public var managesUsers: Bool { self == .admin }
}

/// Whoever acts.
public struct Actor: Sendable, Hashable {
  /// The name that stands in the audit.
  public var name: String
  /// What they may do; nil for somebody who is not among the users.
  public var role: Role?
  /// The largest bill they may submit; nil for any.
  public var submitLimit: Money?
  /// The largest bill they may approve alone; nil for any.
  public var approvalLimit: Money?
  /// Whether no users are set up, so that whoever is there acts as an administrator.
  public var isUnregistered: Bool

  /// Somebody.
  public init(
    name: String, role: Role?, submitLimit: Money? = nil, approvalLimit: Money? = nil,
    isUnregistered: Bool = false
  ) {
    (self.name, self.role, self.isUnregistered) = (name, role, isUnregistered)
    (self.submitLimit, self.approvalLimit) = (submitLimit, approvalLimit)
  }

  /// Why they may not do something at all; nil when they may.
  public func refusal(of action: BillAction) -> BillRefusal? {
    guard let role else { return .unknownUser(name) }
    guard role.may(action) else { return .roleMayNot(role, action) }
    // A manager approves by a limit of their own only.
    if role == .manager, action == .approve, approvalLimit == nil {
      return .roleMayNot(role, action)
    }
    return nil
  }
}

/// What a property, or the whole portfolio, asks for beyond the rules.
public struct BillPolicy: Sendable, Hashable {
  /// Bills up to this amount are approved as they are submitted; nil for none.
  public var autoApproveUpTo: Money?
  /// Bills above this amount need two approvers; nil for none.
  public var secondApproverAbove: Money?
  /// Whether people may approve what they submitted: an office of one person. It is noted each time.
  public var allowsOwnApproval: Bool

  /// A policy; as it is given it asks for nothing but one other person's approval.
  public init(
    autoApproveUpTo: Money? = nil, secondApproverAbove: Money? = nil,
    allowsOwnApproval: Bool = false
  ) {
    self.autoApproveUpTo = autoApproveUpTo
    self.secondApproverAbove = secondApproverAbove
    self.allowsOwnApproval = allowsOwnApproval
  }

  /// The stricter of both in every respect: a bill over several properties keeps to all of them
  /// (invariant I13).
  public func strictest(with other: BillPolicy) -> BillPolicy {
    let auto: Money? =
      if let left = autoApproveUpTo, let right = other.autoApproveUpTo { min(left, right) } else {
        nil
      }
    let second = [secondApproverAbove, other.secondApproverAbove].compactMap(\.self).min()
    return BillPolicy(
      autoApproveUpTo: auto, secondApproverAbove: second,
      allowsOwnApproval: allowsOwnApproval && other.allowsOwnApproval)
  }
}

/// One of the people who use a store.
public struct User: Sendable, Hashable {
  /// The name they act under.
  public var name: String
  /// What they may do.
  public var role: Role
  /// The largest bill they may submit; nil for any.
  public var submitLimit: Money?
  /// The largest bill they may approve alone; nil for any, and for a manager for none.
  public var approvalLimit: Money?

  /// A user.
  public init(name: String, role: Role, submitLimit: Money? = nil, approvalLimit: Money? = nil) {
    (self.name, self.role) = (name, role)
    (self.submitLimit, self.approvalLimit) = (submitLimit, approvalLimit)
  }
}

/// Why a change of the users is refused, in the order in which it is looked at.
public enum UserRefusal: Error, Sendable, Hashable {
  case unknownUser(String)
  case roleMayNot(Role)
  case nameMissing
  case limitNotPositive
  case alreadyThere(String)
  case notThere(String)
  case lastAdmin(String)
}
