import Domain
import Storage
import Sync

/// `rentbook rules`: who decides when a field was changed on two sides.
enum RulesCommands {
  static let specs = [
    CommandSpec("rules", "Who decides when two sides changed a field.", run: list),
    CommandSpec("rules list", "Who decides when two sides changed a field.", run: list),
    CommandSpec(
      "rules set", "RESOURCE[.FIELD] POLICY",
      "Let newest, manual, buildium or airtable decide.", run: set),
    CommandSpec("rules off", "RESOURCE[.FIELD]", "Switch a rule off; it stays listed.") {
      (invocation) throws(Failure) in try turn(invocation, isActive: false)
    },
    CommandSpec("rules on", "RESOURCE[.FIELD]", "Switch a rule on again.") {
      (invocation) throws(Failure) in try turn(invocation, isActive: true)
    },
  ]

  // MARK: Listing

  private static func list(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let rules = try workspace.onStore { store throws(StorageError) in
      try store.readSync { state throws(StorageError) in try state.rules() }
    }
    let table = PolicyTable(rules: rules)
    let fields = ruled.flatMap { resource in
      (MirrorSchema.fields(of: resource).map(\.name) + [PolicyTable.deletion]).map {
        (resource, $0, table.policy(resource, $0))
      }
    }
    if invocation.isJSON {
      Output.document(
        "rules list",
        [
          "rules": .array(rules.map(json)),
          "fields": .array(
            fields.map { resource, field, policy in
              [
                "resource": .string(resource.rawValue), "field": .string(field),
                "policy": .string(policy.rawValue),
                "must_be_named": .bool(PolicyTable.mustBeNamed(resource, field)),
              ]
            }),
        ])
    } else {
      Output.table(
        ["Rule", "Policy", "Set by", "Set at"],
        rules.map { rule in
          [
            name(rule), rule.policy.rawValue + (rule.isActive ? "" : " (off)"), rule.setBy,
            rule.setAt.secondsText,
          ]
        })
      Output.line("")
      Output.table(
        ["Field", "Who decides"],
        fields.map { resource, field, policy in ["\(resource).\(field)", policy.rawValue] })
    }
    return .done
  }

  private static func name(_ rule: SyncRule) -> String {
    rule.resource.rawValue + (rule.field.map { ".\($0)" } ?? "")
  }

  private static func json(_ rule: SyncRule) -> JSONValue {
    [
      "resource": .string(rule.resource.rawValue), "field": .optional(rule.field),
      "policy": .string(rule.policy.rawValue), "active": .bool(rule.isActive),
      "set_by": .string(rule.setBy), "set_at": .string(rule.setAt.description),
    ]
  }

  // MARK: Setting

  private static func set(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let (resource, field) = try target(invocation.positionals[0])
    guard let policy = RulePolicy(rawValue: invocation.positionals[1]) else {
      throw .usage(
        "There is no policy “\(invocation.positionals[1])”.",
        hint: "There are: \(RulePolicy.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let rule = SyncRule(
      resource: resource, field: field, policy: policy, setBy: workspace.configuration.user,
      setAt: .init(milliseconds: workspace.clock.wallMilliseconds))
    return try keep(rule, workspace, invocation)
  }

  private static func turn(
    _ invocation: Invocation, isActive: Bool
  ) throws(Failure) -> ExitCode {
    let (resource, field) = try target(invocation.positionals[0])
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let known = try workspace.onStore { store throws(StorageError) in
      try store.readSync { state throws(StorageError) in try state.rules() }
    }
    guard var rule = known.first(where: { $0.resource == resource && $0.field == field }) else {
      throw .usage(
        "No rule was set for \(invocation.positionals[0]).",
        hint: "`rentbook rules list` shows them.")
    }
    rule.isActive = isActive
    rule.setBy = workspace.configuration.user
    rule.setAt = .init(milliseconds: workspace.clock.wallMilliseconds)
    return try keep(rule, workspace, invocation)
  }

  private static func keep(
    _ rule: SyncRule, _ workspace: Workspace, _ invocation: Invocation
  ) throws(Failure) -> ExitCode {
    try workspace.onStore { store throws(StorageError) in
      try store.writeSync { records throws(StorageError) in try records.set(rule) }
    }
    // What a rule for a whole resource does not reach is said, so that nobody waits for it.
    let left =
      rule.field == nil
      ? (MirrorSchema.fields(of: rule.resource).map(\.name) + [PolicyTable.deletion])
        .filter { PolicyTable.mustBeNamed(rule.resource, $0) } : []
    if invocation.isJSON {
      Output.document(
        invocation.command,
        ["rule": json(rule), "not_covered": .array(left.map { .string($0) })])
    } else {
      Output.line(
        "\(name(rule)): \(rule.policy.rawValue)\(rule.isActive ? "" : ", switched off").")
      if !left.isEmpty {
        Output.line(
          "Not covered, because only a rule that names them settles them: "
            + left.joined(separator: ", ") + ".")
      }
    }
    return .done
  }

  /// What a rule can speak of: Rentbook's own results flow one way, whatever anybody sets.
  private static let ruled = Resource.mirrored.filter { !$0.isResult }

  /// Reads `owners` or `owners.phone`.
  private static func target(_ text: String) throws(Failure) -> (Resource, String?) {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let resource = Resource(name: String(parts[0])), ruled.contains(resource)
    else {
      throw .usage(
        "There is no resource “\(parts[0])” that is kept in step.",
        hint: "There are: \(ruled.map(\.rawValue).joined(separator: ", "))")
    }
    guard parts.count == 2 else { return (resource, nil) }
    let field = String(parts[1])
    let names = MirrorSchema.fields(of: resource).map(\.name) + [PolicyTable.deletion]
    guard names.contains(field) else {
      throw .usage(
        "\(resource.title) have no field “\(field)”.",
        hint: "There are: \(names.joined(separator: ", "))")
    }
    return (resource, field)
  }
}
