import Domain

/// Who uses the store, and who somebody is. The one place where it is asked who may do something.
struct Access {
  let connection: Connection

  /// Somebody by name, with what they may do.
  ///
  /// While nobody is set up, whoever is there acts as an administrator: the first person has to be
  /// able to begin.
  func actor(_ name: String) throws(StorageError) -> Actor {
    if let user = try user(name) {
      return Actor(
        name: user.name, role: user.role, submitLimit: user.submitLimit,
        approvalLimit: user.approvalLimit)
    }
    let isUnregistered = try !hasUsers()
    return Actor(name: name, role: isUnregistered ? .admin : nil, isUnregistered: isUnregistered)
  }

  func hasUsers() throws(StorageError) -> Bool {
    try connection.row("SELECT 1 FROM users LIMIT 1") { _ throws(StorageError) in true } ?? false
  }

  func user(_ name: String) throws(StorageError) -> User? {
    try users("AND name = $1", .text(name)).first
  }

  func users(_ condition: String = "", _ arguments: SQLValue?...) throws(StorageError) -> [User] {
    try connection.rows(
      """
      SELECT name, role, submit_limit, approval_limit FROM users
      WHERE is_active = 1 \(condition) ORDER BY name
      """, arguments: arguments
    ) { row throws(StorageError) in
      User(
        name: row.text(0), role: Role(rawValue: row.text(1)) ?? .viewer,
        submitLimit: row.optionalMoney(2), approvalLimit: row.optionalMoney(3))
    }
  }

  /// The store's organisation, made when there is none.
  func organisation(at now: Instant) throws(StorageError) -> LocalID {
    let known = try connection.row("SELECT id FROM organisations ORDER BY created_at, id LIMIT 1") {
      row throws(StorageError) in row.localID(0)
    }
    if let known { return known }
    let id = LocalIDs.new(at: now)
    try connection.run(
      "INSERT INTO organisations (id, name, created_at) VALUES ($1, $2, $3)", .local(id),
      .text("Rentbook"), .instant(now))
    return id
  }

  func setPayables(_ account: LocalID, at now: Instant) throws(StorageError) {
    try connection.run(
      "UPDATE organisations SET ap_gl_account_id = $2 WHERE id = $1",
      .local(try organisation(at: now)), .local(account))
  }

  func isLastAdmin(_ name: String) throws(StorageError) -> Bool {
    let admins = try users("AND role = 'admin'").map(\.name)
    return admins == [name]
  }

  /// The policy of all, made stricter by those of some properties (invariant I13).
  func policy(of properties: some Sequence<LocalID>) throws(StorageError) -> BillPolicy {
    let own = try allowsOwnApproval()
    let policies = try self.policies()
    var policy = policies[""] ?? BillPolicy()
    policy.allowsOwnApproval = own
    for property in properties {
      guard var other = policies[property] else { continue }
      other.allowsOwnApproval = own
      policy = policy.strictest(with: other)
    }
    return policy
  }

  func allowsOwnApproval() throws(StorageError) -> Bool {
    try connection.row(
      "SELECT value FROM settings WHERE name = $1", .text(BillSettings.ownApproval)
    ) { row throws(StorageError) in row.text(0) == "yes" } ?? false
  }

  /// Policies by property; that of all stands under the empty text.
  func policies() throws(StorageError) -> [LocalID: BillPolicy] {
    let rows = try connection.rows(
      "SELECT scope, auto_approve_up_to, second_approver_above FROM bill_approval_policies"
    ) { row throws(StorageError) in
      (
        row.text(0),
        BillPolicy(
          autoApproveUpTo: row.optionalMoney(1), secondApproverAbove: row.optionalMoney(2))
      )
    }
    return Dictionary(uniqueKeysWithValues: rows)
  }
}

/// What came of a change of the users.
public enum UserOutcome: Sendable, Hashable {
  /// Done; whether the person who asked was made an administrator by the way.
  case done(madeAdmin: String?)
  case refused(Refusal)
}

extension Store {
  /// Somebody by name, with what they may do.
  public func actor(_ name: String) throws(StorageError) -> Actor {
    try read { connection throws(StorageError) in try Access(connection: connection).actor(name) }
  }

  /// Who uses the store, by name.
  public func users() throws(StorageError) -> [User] {
    try read { connection throws(StorageError) in try Access(connection: connection).users() }
  }

  /// Adds somebody. The first to add anybody becomes an administrator, so that somebody is one.
  public func add(_ user: User, by name: String) throws(StorageError) -> UserOutcome {
    try changeUsers(user.name, action: "add", by: name) { users throws(StorageError) in
      if user.name.isEmpty { return .nameMissing }
      if [user.submitLimit, user.approvalLimit].contains(where: { ($0 ?? .zero) < .zero }) {
        return .limitNotPositive
      }
      if try users.access.user(user.name) != nil { return .alreadyThere(user.name) }
      if try !users.access.hasUsers(), user.name == name, user.role != .admin {
        return .lastAdmin(name)
      }
      try users.write(user)
      return nil
    }
  }

  /// Changes what somebody may do.
  public func change(_ user: User, by name: String) throws(StorageError) -> UserOutcome {
    try changeUsers(user.name, action: "role", by: name) { users throws(StorageError) in
      guard let before = try users.access.user(user.name) else { return .notThere(user.name) }
      if [user.submitLimit, user.approvalLimit].contains(where: { ($0 ?? .zero) < .zero }) {
        return .limitNotPositive
      }
      if before.role == .admin, user.role != .admin, try users.access.isLastAdmin(user.name) {
        return .lastAdmin(user.name)
      }
      try users.write(user)
      return nil
    }
  }

  /// Takes somebody off; what they did stays in the trail.
  public func removeUser(_ user: String, by name: String) throws(StorageError) -> UserOutcome {
    try changeUsers(user, action: "remove", by: name) { users throws(StorageError) in
      guard try users.access.user(user) != nil else { return .notThere(user) }
      if try users.access.isLastAdmin(user) { return .lastAdmin(user) }
      try users.deactivate(user)
      return nil
    }
  }

  private func changeUsers(
    _ user: String, action: String, by name: String,
    _ body: (UserWriter) throws(StorageError) -> UserRefusal?
  ) throws(StorageError) -> UserOutcome {
    try write { transaction throws(StorageError) in
      let writer = UserWriter(transaction: transaction)
      let actor = try writer.access.actor(name)
      let before = try writer.access.user(user)
      let refusal: UserRefusal?
      if let role = actor.role {
        refusal = role.managesUsers ? try body(writer) : .roleMayNot(role)
      } else {
        refusal = .unknownUser(name)
      }
      var madeAdmin: String?
      if refusal == nil, actor.isUnregistered, user != name {
        // Whoever sets up the users is among them, or nobody could change them again.
        try writer.write(User(name: name, role: .admin))
        madeAdmin = name
      }
      let after = try writer.access.user(user)
      try AuditTrail(transaction).append(
        AuditTrail.Entry(
          kind: "user", subject: "user:" + user, name: user, actor: name, action: action,
          from: before?.role.rawValue, to: refusal == nil ? after?.role.rawValue : nil,
          details: Self.details(refusal?.refusal, after, madeAdmin)))
      transaction.note(.settings)
      return refusal.map { .refused($0.refusal) } ?? .done(madeAdmin: madeAdmin)
    }
  }

  private static func details(_ refusal: Refusal?, _ user: User?, _ madeAdmin: String?)
    -> JSONValue?
  {
    var details = JSONObject()
    if let refusal {
      details["refused"] = .string(refusal.code)
      details["message"] = .string(refusal.message)
    } else {
      if let limit = user?.submitLimit { details["submit_limit"] = .string(limit.description) }
      if let limit = user?.approvalLimit { details["approval_limit"] = .string(limit.description) }
      if let madeAdmin { details["made_admin"] = .string(madeAdmin) }
    }
    return details.isEmpty ? nil : .object(details)
  }

  // MARK: Policies

  /// Policies by property's id in the store; that of all stands under the empty text.
  public func billPolicies() throws(StorageError) -> [String: BillPolicy] {
    try read { connection throws(StorageError) in
      let access = Access(connection: connection)
      var policies = try access.policies()
      let own = try access.allowsOwnApproval()
      policies["", default: BillPolicy()].allowsOwnApproval = own
      return policies
    }
  }

  /// Sets what a property, or all with the empty text, asks for. An own approval is allowed for all
  /// or for none.
  public func setBillPolicy(_ policy: BillPolicy, scope: String, by name: String)
    throws(StorageError) -> UserOutcome
  {
    try write { transaction throws(StorageError) in
      let connection = transaction.connection
      let actor = try Access(connection: connection).actor(name)
      let refusal: UserRefusal? =
        switch actor.role {
        case nil: .unknownUser(name)
        case .some(let role) where !role.managesUsers: .roleMayNot(role)
        default: nil
        }
      if refusal == nil {
        try connection.run(
          """
          INSERT INTO bill_approval_policies (scope, auto_approve_up_to, second_approver_above,
            updated_by, updated_at)
          VALUES ($1, $2, $3, $4, $5)
          ON CONFLICT (scope) DO UPDATE SET auto_approve_up_to = excluded.auto_approve_up_to,
            second_approver_above = excluded.second_approver_above,
            updated_by = excluded.updated_by, updated_at = excluded.updated_at
          """, .text(scope), policy.autoApproveUpTo.map { .money($0) },
          policy.secondApproverAbove.map { .money($0) }, .text(name), .instant(transaction.now))
        if scope.isEmpty {
          try connection.run(
            """
            INSERT INTO settings (name, value) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """, .text(BillSettings.ownApproval), .text(policy.allowsOwnApproval ? "yes" : "no"))
        }
      }
      var details = JSONObject([
        "auto_approve_up_to": .optional(policy.autoApproveUpTo?.description),
        "second_approver_above": .optional(policy.secondApproverAbove?.description),
        "allows_own_approval": .bool(policy.allowsOwnApproval),
      ])
      if let refusal { details["refused"] = .string(refusal.refusal.code) }
      try AuditTrail(transaction).append(
        AuditTrail.Entry(
          kind: "policy", subject: "policy:" + scope, name: scope, actor: name, action: "policy",
          details: .object(details)))
      transaction.note(.settings)
      return refusal.map { .refused($0.refusal) } ?? .done(madeAdmin: nil)
    }
  }
}

private struct UserWriter {
  let transaction: Transaction

  private var connection: Connection { transaction.connection }
  var access: Access { Access(connection: connection) }

  func write(_ user: User) throws(StorageError) {
    try connection.run(
      """
      INSERT INTO users (id, organisation_id, name, role, submit_limit, approval_limit, is_active,
        created_at)
      VALUES ($1, $2, $3, $4, $5, $6, 1, $7)
      ON CONFLICT (name) DO UPDATE SET role = excluded.role, submit_limit = excluded.submit_limit,
        approval_limit = excluded.approval_limit, is_active = 1
      """, .local(LocalIDs.new(at: transaction.now)),
      .local(try access.organisation(at: transaction.now)),
      .text(user.name), .text(user.role.rawValue), user.submitLimit.map { .money($0) },
      user.approvalLimit.map { .money($0) }, .instant(transaction.now))
  }

  func deactivate(_ name: String) throws(StorageError) {
    try connection.run("UPDATE users SET is_active = 0 WHERE name = $1", .text(name))
  }
}
