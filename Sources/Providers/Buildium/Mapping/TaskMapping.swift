// Tasks of every type, their categories, history and files.
import Domain
import Sync

/// A task. Buildium has one list of all tasks, but a collection per type to write to.
enum TaskMapping {
  static let mapping = EntityMapping(
    .tasks, "Task",
    [
      .both("subject", "Title", limit: 127, required: true), .read("description", "Description"),
      .both("task_category_id", "Category.Id", as: "CategoryId"),
      .read("category", "Category.Name"), .read("sub_category", "Category.SubCategory.Name"),
      .both("unit_id", "UnitId"), .both("status", "TaskStatus", required: true),
      .both("priority", "Priority", required: true), .both("due_date", "DueDate"),
      .read("buildium_created_at", "CreatedDateTime"),
      .read("buildium_updated_at", "LastUpdatedDateTime"),
    ])

  /// The collection of a type; nil for a type this program has not met.
  static func collection(_ type: String) -> String? {
    switch type {
    case "Todo", "ToDo": "/v1/tasks/todorequests"
    case "ContactRequest": "/v1/tasks/contactrequests"
    case "ResidentRequest": "/v1/tasks/residentrequests"
    case "RentalOwnerRequest": "/v1/tasks/rentalownerrequests"
    default: nil
    }
  }

  static func record(_ json: JSONValue) throws(ProviderError) -> RemoteRecord {
    var remote = try mapping.record(json, updatedAt: "buildium_updated_at")
    let wire = try Wire(json, titled: "Task")
    remote.record.fields.merge(try links(wire)) { $1 }
    return remote
  }

  private static func links(_ wire: Wire) throws(ProviderError) -> FieldValues {
    let isRental = try wire.text("Property", "Type") ?? "Rental" == "Rental"
    let isLease = try wire.text("UnitAgreement", "Type") ?? "Lease" == "Lease"
    // 0 is how Buildium says that nobody is.
    let assignee = try wire.int("AssignedToUserId").flatMap { $0 > 0 ? $0 : nil }
    return [
      "task_type": try wire.field(.choice, "TaskType"),
      "property_id": isRental ? try wire.field(.reference(.properties), "Property", "Id") : .null,
      "lease_id": isLease ? try wire.field(.reference(.leases), "UnitAgreement", "Id") : .null,
      "assigned_to": assignee.map { .text(String($0)) } ?? .null,
      "requested_by": .text(canonical: try personName(wire, "RequestedByUserEntity")),
    ]
  }

  /// The body for a task of the type its record (or `current`) names.
  ///
  /// - Parameters:
  ///   - current: the task as the collection of its type gives it now.
  ///   - message: a note that becomes an entry of the task's history; how a description is changed.
  static func body(
    _ record: Record, id: String?, current: JSONValue?, message: String? = nil
  ) throws(ProviderError) -> BuildiumBody {
    var builder = try mapping.body(record, current: current)
    // A task keeps its type; only a new one takes what the record says.
    let type = current?["TaskType"]?.string ?? record["task_type"].text ?? ""
    guard let collection = collection(type) else {
      throw ProviderError(
        .buildium, .unsupported, "Task: its type is \(type.isEmpty ? "not given" : type).",
        hint: "Buildium takes ContactRequest, ResidentRequest, Todo and RentalOwnerRequest.")
    }
    let before = try current.map { json throws(ProviderError) in
      try links(Wire(json, titled: "Task"))
    }
    let wanted = (before ?? [:]).merging(record.fields) { $1 }
    setAssignee(
      wanted, isRequired: type != "ResidentRequest" && type != "RentalOwnerRequest", &builder)
    builder.set("SubCategoryId", current?["Category"]?["SubCategory"]?["Id"] ?? .null)
    if builder["CategoryId"] != current?["Category"]?["Id"] {
      // A sub-category belongs to its category.
      builder.set("SubCategoryId", .null)
    }
    if let message {
      builder.set("Message", .string(message))
      builder.check(.text(message), .both("subject", "Message", limit: 65_500))
    }
    if type == "ResidentRequest" {
      setResident(wanted, current: current, isNew: id == nil, &builder)
    } else {
      // A task of an association keeps its property, which is no rental and so no link here.
      builder.set(
        "PropertyId",
        record.fields["property_id"]?.wire ?? current?["Property"]?["Id"] ?? .null)
    }
    if type == "ContactRequest" { try setContact(current, &builder) }
    if id == nil {
      builder.set("Description", record["description"].wire)
      builder.notWritten.removeAll { $0 == "description" }
      if type == "RentalOwnerRequest" {
        builder.problems.append(
          "Task: an owner's request must name the owner; enter it in Buildium.")
      }
    }
    return builder.body(collection, id: id)
  }

  private static func setAssignee(
    _ wanted: FieldValues, isRequired: Bool, _ builder: inout BodyBuilder
  ) {
    let text = wanted["assigned_to"]?.text
    if let text, Int(text) == nil {
      builder.problems.append("Task: assigned to must be the id of a Buildium user.")
    }
    builder.set("AssignedToUserId", text.flatMap(Int.init).map { .int($0) } ?? .null)
    if text == nil, isRequired {
      builder.problems.append("Task: nobody is assigned; Buildium requires a staff user.")
    }
  }

  /// A resident's request hangs on the lease; property and unit follow from it.
  private static func setResident(
    _ wanted: FieldValues, current: JSONValue?, isNew: Bool, _ builder: inout BodyBuilder
  ) {
    builder.remove("UnitId")
    guard isNew else { return }
    builder.set("UnitAgreementId", (wanted["lease_id"] ?? .null).wire)
    builder.problems.append(
      "Task: a resident's request must name the tenant who asks; enter it in Buildium.")
  }

  /// The person of a contact request must be repeated with every change.
  private static func setContact(_ current: JSONValue?, _ builder: inout BodyBuilder)
    throws(ProviderError)
  {
    guard let contact = current?["ContactDetail"], !contact.isNull else {
      builder.problems.append(
        "Task: Buildium requires the person of a contact request, and shows none.")
      return
    }
    let wire = try Wire(contact, "Task, ContactDetail")
    for name in ["FirstName", "LastName", "Email"] {
      builder.set(["ContactDetail", name], wire.value([name]) ?? .null)
    }
    if wire.value(["PhoneNumbers"])?.array != nil {
      let phones = try PhoneNumbers.fields(wire)
      for kind in PhoneNumbers.kinds {
        builder.set(
          ["ContactDetail", "PhoneNumbers", kind.member], (phones[kind.field] ?? .null).wire)
      }
    } else {
      builder.set(["ContactDetail", "PhoneNumbers"], wire.value(["PhoneNumbers"]) ?? .null)
    }
  }
}

/// A task's category.
enum TaskCategoryMapping {
  static let collection = "/v1/tasks/categories"
  static let mapping = EntityMapping(
    .taskCategories, "Task category",
    [
      .both("name", "Name", required: true), .read("is_system_category", "IsSystemCategory"),
    ])

  static func record(_ json: JSONValue) throws(ProviderError) -> RemoteRecord {
    try mapping.record(json)
  }
}

/// An entry of a task's history, and the files that hang on it (never their contents).
enum TaskHistoryMapping {
  static let mapping = EntityMapping(
    .taskHistory, "Task history entry",
    [
      .read("status", "TaskStatus"), .read("priority", "Priority"), .read("notes", "Message"),
      .read("due_date", "DueDate"),
      // Spelled so by Buildium.
      .read("buildium_created_at", "CreatedDateTIme"),
      .read("buildium_updated_at", "LastUpdatedDateTime"),
    ])
  static let fileMapping = EntityMapping(
    .taskHistoryFiles, "Task file",
    [
      .read("file_name", "Title"), .read("physical_file_name", "PhysicalFileName"),
      .read("file_type", "ContentType"), .read("file_size", "Size"),
      .read("uploaded_at", "UploadedDateTime"),
    ])

  static func record(_ json: JSONValue, task: String) throws(ProviderError) -> RemoteRecord {
    let wire = try Wire(json, titled: "Task history entry")
    let assignee = try wire.int("AssignedToUserId").flatMap { $0 > 0 ? $0 : nil }
    var created = try wire.field(.instant, "CreatedDateTIme")
    if created.isNull { created = try wire.field(.instant, "CreatedDateTime") }
    return try mapping.record(
      json,
      adding: [
        "task_id": .reference(RemoteKey(.buildium, .tasks, task)),
        "assigned_to": assignee.map { .text(String($0)) } ?? .null,
        "created_by": .text(canonical: try personName(wire, "CreatedByUser")),
        "buildium_created_at": created,
      ], updatedAt: "buildium_updated_at")
  }

  static func file(_ json: JSONValue, history: String) throws(ProviderError) -> RemoteRecord {
    try fileMapping.record(
      json, adding: ["task_history_id": .reference(RemoteKey(.buildium, .taskHistory, history))])
  }
}
