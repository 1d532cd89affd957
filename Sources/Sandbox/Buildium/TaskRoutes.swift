import Domain

/// Tasks of the four types, their categories and history.
enum TaskRoutes {
  private static let filters = """
    entitytype:Rental|RentalOwner|Association entityid:int statuses:[=TaskStatus] unitid:int
    lastupdatedfrom:date lastupdatedto:date duedatefrom:date duedateto:date taskcategoryid:int
    priorities:[=TaskPriority] assignedtoid:int tasktitle:text
    """

  static let all: [Route] =
    [
      .get(
        "/v1/tasks", .tasks, filters + " unitagreementid:int type:=TaskType paging"
      ) { (state, call) throws(Refusal) in
        try state.listTasks(nil, call)
      },
      .get("/v1/tasks/#", .tasks) { (state, call) throws(Refusal) in
        let task = try state.find(state.portfolio.tasks, call.id(0), "task")
        return state.object { state.write(task, as: nil, &$0) }
      },
      .get("/v1/tasks/#/history", .tasks, "paging") { (state, call) throws(Refusal) in
        let task = try state.find(state.portfolio.tasks, call.id(0), "task")
        return try state.list(task.changes, call, changeKeys) { state.write($1, &$0) }
      },
      .get("/v1/tasks/#/history/#", .tasks) { (state, call) throws(Refusal) in
        let change = try state.taskChange(call)
        return state.object { state.write(change, &$0) }
      },
      .send("PUT", "/v1/tasks/#/history/#", .tasks, "TaskHistory") {
        (state, call) throws(Refusal) in
        try state.replaceTaskChange(call)
      },
      .get("/v1/tasks/rentalownerrequests/#/contributiondata", .tasks) {
        (state, call) throws(Refusal) in
        state.answerContributions(try state.task(.ownerRequest, call))
      },
      .send(
        "PUT", "/v1/tasks/rentalownerrequests/#/contributiondata", .tasks, "Contributions"
      ) { (state, call) throws(Refusal) in
        try state.replaceContributions(call)
      },
    ]
    + family("contactrequests", .contactRequest, "Contact", paging: " paging")
    + family(
      "residentrequests", .residentRequest, "Resident", paging: " unitagreementid:int paging")
    // The one list of the service that has no pages.
    + family("rentalownerrequests", .ownerRequest, "OwnerTask", paging: "")
    + family("todorequests", .todo, "Todo", paging: " paging")

  private static func family(
    _ name: String, _ kind: TaskRecord.Kind, _ shape: String, paging: String
  ) -> [Route] {
    let path = "/v1/tasks/\(name)"
    return [
      .get(path, .tasks, filters + paging) { (state, call) throws(Refusal) in
        try state.listTasks(kind, call)
      },
      .send("POST", path, .tasks, shape + "Post") { (state, call) throws(Refusal) in
        try state.addTask(kind, under: path, call)
      },
      .get(path + "/#", .tasks) { (state, call) throws(Refusal) in
        let task = try state.task(kind, call)
        return state.object { state.write(task, as: kind, &$0) }
      },
      .send("PUT", path + "/#", .tasks, shape + "Put") { (state, call) throws(Refusal) in
        try state.replaceTask(kind, call)
      },
    ]
  }

  static let keys: SortKeys<TaskRecord> = [
    "id": { .id($0.id) }, "title": { .text($0.title) }, "taskstatus": { .text($0.status) },
    "priority": { .text($0.priority) }, "duedate": { .day($0.due) },
    "createddatetime": { .time($0.created) }, "lastupdateddatetime": { .time($0.updated) },
  ]
  static let categories = CategoryRoutes<TaskCategory>(
    path: "/v1/tasks/categories", resource: .tasks, name: "Task",
    table: \.portfolio.taskCategories
  ) { state, category, writer in state.write(category, &writer) }

  static let changeKeys: SortKeys<TaskRecord.Change> = [
    "id": { .id($0.id) }, "createddatetime": { .time($0.created) },
  ]
}

extension BuildiumState {

  // MARK: Reading

  func task(_ kind: TaskRecord.Kind, _ call: Call) throws(Refusal) -> TaskRecord {
    let task = try find(portfolio.tasks, call.id(0), "task")
    guard task.kind == kind else { throw Refusal.notFound("task") }
    return task
  }

  /// Whether a task fits the filters that tasks and work orders share.
  func taskFilter(_ query: Query) -> (TaskRecord) -> Bool {
    let isIn = entityFilter(query.text("entitytype"), query.id("entityid"))
    let statuses = query.words("statuses")
    let priorities = query.words("priorities")
    return { task in
      (statuses?.contains(task.status) ?? true) && (priorities?.contains(task.priority) ?? true)
        && (query.text("type").map { $0 == task.kind.rawValue } ?? true)
        && (query.id("unitid").map { $0 == task.unitId } ?? true)
        && (query.id("unitagreementid").map { $0 == task.leaseId } ?? true)
        && (query.id("taskcategoryid").map { $0 == task.categoryId } ?? true)
        && (query.id("assignedtoid").map { $0 == task.assigneeId } ?? true)
        && query.covers(task.due, "duedate")
        && (isIn.map { wanted in task.propertyId.map { wanted(.rental($0)) } ?? false } ?? true)
    }
  }

  func listTasks(_ kind: TaskRecord.Kind?, _ call: Call) throws(Refusal) -> Answer {
    let fits = taskFilter(call.query)
    let rows = portfolio.tasks.rows.filter { task in
      (kind == nil || task.kind == kind) && fits(task)
        && call.query.matches(task.title, "tasktitle")
        && call.query.covers(Day(task.updated.date), "lastupdated")
    }
    return try list(rows, call, TaskRoutes.keys) { write($1, as: kind, &$0) }
  }

  func taskChange(_ call: Call) throws(Refusal) -> TaskRecord.Change {
    let task = try find(portfolio.tasks, call.id(0), "task")
    guard let change = task.changes.first(where: { $0.id == call.id(1) }) else {
      throw Refusal.notFound("history entry")
    }
    return change
  }

  // MARK: Writing

  /// The members that every type of task shares.
  private func requireTask(_ body: JSONValue) throws(Refusal) {
    if let assignee = body.id("AssignedToUserId"), portfolio.users[assignee]?.isActive != true {
      throw Refusal.unprocessable(
        "AssignedToUserId", "no such active staff user; nobody is null, not 0")
    }
    if let id = body.id("CategoryId") {
      guard let category = portfolio.taskCategories[id] else {
        throw Refusal.unprocessable("CategoryId", "no such task category")
      }
      if let sub = body.id("SubCategoryId"), !category.subs.contains(where: { $0.id == sub }) {
        throw Refusal.unprocessable("SubCategoryId", "is no part of the category")
      }
    } else if body.id("SubCategoryId") != nil {
      throw Refusal.unprocessable("SubCategoryId", "needs a CategoryId")
    }
    if let id = body.id("PropertyId") {
      guard portfolio.properties[id]?.isActive == true else {
        throw Refusal.unprocessable("PropertyId", "no such active property")
      }
    }
    if let id = body.id("UnitId") {
      guard let unit = portfolio.units[id], unit.propertyId == body.id("PropertyId") else {
        throw Refusal.unprocessable("UnitId", "the unit is not part of the property")
      }
    }
  }

  private static func fill(_ task: inout TaskRecord, _ body: JSONValue) {
    task.title = body.text("Title") ?? ""
    task.categoryId = body.id("CategoryId")
    task.subCategoryId = body.id("SubCategoryId")
    task.assigneeId = body.id("AssignedToUserId") ?? 0
    task.status = body.text("TaskStatus") ?? "New"
    task.priority = body.text("Priority") ?? "Normal"
    task.due = body.day("DueDate")
    if task.kind != .residentRequest {
      (task.propertyId, task.unitId) = (body.id("PropertyId"), body.id("UnitId"))
    }
    if let contact = body.child("ContactDetail") {
      let phones = contact.child("PhoneNumbers")
      task.contact = TaskRecord.Contact(
        firstName: contact.text("FirstName") ?? "", lastName: contact.text("LastName"),
        email: contact.text("Email"), home: phones?.text("Home"), work: phones?.text("Work"),
        mobile: phones?.text("Mobile"))
    }
  }

  mutating func addTask(
    _ kind: TaskRecord.Kind, under path: String, _ call: Call
  ) throws(Refusal) -> Answer {
    let body = call.body
    try requireTask(body)
    var requester: TaskRecord.Requester?
    var lease: Lease?
    switch kind {
    case .residentRequest:
      guard let id = body.id("UnitAgreementId"), let found = portfolio.leases[id] else {
        throw Refusal.unprocessable("UnitAgreementId", "no such lease")
      }
      guard let tenantId = body.id("RequestedByEntityId"),
        found.occupants.contains(where: { $0.tenantId == tenantId })
      else { throw Refusal.unprocessable("RequestedByEntityId", "is no tenant of the lease") }
      (lease, requester) = (found, .tenant(tenantId))
    case .ownerRequest:
      guard let id = body.id("RequestedByRentalOwnerId"), portfolio.owners.contains(id) else {
        throw Refusal.unprocessable("RequestedByRentalOwnerId", "no such rental owner")
      }
      requester = .owner(id)
    case .contactRequest, .todo: break
    }
    let changeId = portfolio.nextPartId()
    let source = requester
    let agreement = lease
    let id = portfolio.tasks.add { id in
      var task = TaskRecord(
        id: id, kind: kind, title: "", assigneeId: 0, status: "New", priority: "Normal",
        created: call.now, updated: call.now)
      Self.fill(&task, body)
      (task.description, task.requester) = (body.text("Description"), source)
      if let agreement {
        (task.leaseId, task.unitId) = (agreement.id, agreement.unitId)
        task.propertyId = agreement.propertyId
        task.isEntryPermitted = body.flag("IsEntryPermittedByResident")
        task.hasPets = body.flag("DoesResidentHavePets")
        task.entryNotes = body.text("ResidentEntryNotes")
      }
      if let contact = task.contact {
        task.requester = .contact(firstName: contact.firstName, lastName: contact.lastName)
      }
      task.changes = [task.change(id: changeId, body.text("Description"), call.now)]
      return task
    }
    announceTask("Created", id, kind, at: call.now)
    let task = try find(portfolio.tasks, id, "task")
    return created("\(path)/\(id)") { write(task, as: kind, &$0) }
  }

  mutating func announceTask(
    _ name: String, _ id: Int32, _ kind: TaskRecord.Kind, at now: Instant
  ) {
    announce(
      "Task.\(name)", [("TaskId", .int(id)), ("TaskType", .string(kind.rawValue))], at: now)
  }

  /// The message of a PUT does not change the task; it becomes an entry of the history.
  mutating func replaceTask(_ kind: TaskRecord.Kind, _ call: Call) throws(Refusal) -> Answer {
    var task = try task(kind, call)
    try requireTask(call.body)
    Self.fill(&task, call.body)
    task.updated = call.now
    let changeId = portfolio.nextPartId()
    task.changes.append(task.change(id: changeId, call.body.text("Message"), call.now))
    let changed = task
    portfolio.tasks.update(task.id) { $0 = changed }
    announceTask("Updated", task.id, kind, at: call.now)
    announce(
      "Task.History.Created", [("TaskId", .int(task.id)), ("TaskHistoryId", .int(changeId))],
      at: call.now)
    return object { write(changed, as: kind, &$0) }
  }

  mutating func replaceTaskChange(_ call: Call) throws(Refusal) -> Answer {
    var change = try taskChange(call)
    (change.message, change.updated) = (call.body.text("Message"), call.now)
    let changed = change
    portfolio.tasks.update(call.id(0)) { task in
      for index in task.changes.indices where task.changes[index].id == changed.id {
        task.changes[index] = changed
      }
      task.updated = call.now
    }
    announce(
      "Task.History.Updated",
      [("TaskId", .int(call.id(0))), ("TaskHistoryId", .int(changed.id))], at: call.now)
    return object { write(changed, &$0) }
  }

  // MARK: Contributions asked of owners

  func answerContributions(_ task: TaskRecord) -> Answer {
    object { writer in
      writer.array("ContributionRequests", task.contributions) { writer, contribution in
        writer.object {
          $0.put("Description", contribution.description)
          $0.put("Amount", contribution.amount)
        }
      }
      writer.object("ReminderSettings") {
        $0.put("IsActive", task.reminderDays != nil)
        $0.put("RecurrenceDays", task.reminderDays ?? 0)
      }
    }
  }

  mutating func replaceContributions(_ call: Call) throws(Refusal) -> Answer {
    var task = try task(.ownerRequest, call)
    task.contributions = (call.body.list("ContributionRequests") ?? []).map {
      TaskRecord.Contribution(description: $0.text("Description"), amount: $0.money("Amount"))
    }
    let reminder = call.body.child("ReminderSettings")
    task.reminderDays =
      reminder?.flag("IsActive") == true ? reminder?.id("RecurrenceDays") ?? 7 : nil
    task.updated = call.now
    let changed = task
    portfolio.tasks.update(task.id) { $0 = changed }
    announceTask("Updated", task.id, task.kind, at: call.now)
    return answerContributions(changed)
  }
}
