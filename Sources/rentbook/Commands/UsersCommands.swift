import Domain
import Storage

/// `rentbook users`: who may do what.
enum UsersCommands {
  private static let limits = [
    OptionSpec("--limit", "A", "The largest bill they approve alone; “none” for any."),
    OptionSpec("--submit-limit", "A", "The largest bill they submit; “none” for any."),
  ]

  static let specs: [CommandSpec] = [
    CommandSpec("users", "Who may do what.", run: list),
    CommandSpec("users list", "Who may do what.", run: list),
    CommandSpec(
      "users add", "NAME",
      options: [
        OptionSpec("--role", "ROLE", "viewer, manager, accountant or admin."),
        BillsCaller.userOption,
      ] + limits, "Add somebody.", run: add),
    CommandSpec(
      "users role", "NAME ROLE", options: limits + [BillsCaller.userOption],
      "Change what somebody may do.", run: role),
    CommandSpec(
      "users remove", "NAME", options: [BillsCaller.userOption],
      "Take somebody off; what they did stays in the trail.", run: remove),
  ]

  private static func list(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let users = try caller.workspace.onStore { store throws(StorageError) in try store.users() }
      return try caller.finish([
        "users": .array(
          users.map {
            [
              "name": .string($0.name), "role": .string($0.role.rawValue),
              "limit": .optional($0.approvalLimit?.description),
              "submit_limit": .optional($0.submitLimit?.description),
            ]
          })
      ]) {
        Output.table(
          ["Name", "Role", "Approves up to", "Submits up to"],
          users.map {
            [
              $0.name, $0.role.rawValue, $0.approvalLimit?.description ?? "",
              $0.submitLimit?.description ?? "",
            ]
          }, rightAligned: [2, 3])
      }
    }
  }

  private static func role(named text: String) throws(Failure) -> Role {
    guard let role = Role(rawValue: text) else {
      throw .usage(
        "There is no role “\(text)”.",
        hint: "Roles: " + Role.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return role
  }

  private static func limit(_ invocation: Invocation, _ option: String, _ known: Money?)
    throws(Failure) -> Money?
  {
    guard let text = invocation.text(option) else { return known }
    return text == "none" ? nil : try BillsCaller.money(text, option)
  }

  private static func add(_ invocation: Invocation) throws(Failure) -> ExitCode {
    guard let text = invocation.text("--role") else {
      throw .usage("Say what they may do: --role viewer, manager, accountant or admin.")
    }
    let user = User(
      name: invocation.positionals[0], role: try role(named: text),
      submitLimit: try limit(invocation, "--submit-limit", nil),
      approvalLimit: try limit(invocation, "--limit", nil))
    return try change(invocation, user.name, "is a user now: \(user.role.rawValue)") {
      store, by throws(StorageError) in try store.add(user, by: by)
    }
  }

  private static func role(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let name = invocation.positionals[0]
    let role = try role(named: invocation.positionals[1])
    let submitLimit = invocation.text("--submit-limit")
    let approvalLimit = invocation.text("--limit")
    // Read before the store is opened: a typing error changes nothing.
    let newSubmit = try limit(invocation, "--submit-limit", nil)
    let newApproval = try limit(invocation, "--limit", nil)
    return try change(invocation, name, "is \(role.rawValue) now") {
      store, by throws(StorageError) in
      let known = try store.users().first { $0.name == name }
      let user = User(
        name: name, role: role, submitLimit: submitLimit == nil ? known?.submitLimit : newSubmit,
        approvalLimit: approvalLimit == nil ? known?.approvalLimit : newApproval)
      return try store.change(user, by: by)
    }
  }

  private static func remove(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let name = invocation.positionals[0]
    return try change(invocation, name, "is no user any more") {
      store, by throws(StorageError) in try store.removeUser(name, by: by)
    }
  }

  private static func change(
    _ invocation: Invocation, _ name: String, _ sentence: String,
    _ body: (Store, String) throws(StorageError) -> UserOutcome
  ) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let by = caller.user
      let outcome = try caller.workspace.onStore { store throws(StorageError) in
        try body(store, by)
      }
      switch outcome {
      case .refused(let refusal): throw BillsOutput.failure(refusal, "")
      case .done(let madeAdmin):
        return try caller.finish([
          "name": .string(name), "made_admin": .optional(madeAdmin),
        ]) {
          Output.line(TerminalText.harmless("\(name) \(sentence)."))
          if let madeAdmin {
            Output.line(
              TerminalText.harmless(
                "\(madeAdmin), who set up the users, is an administrator now."))
          }
        }
      }
    }
  }
}
