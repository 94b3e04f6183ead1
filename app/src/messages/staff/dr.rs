//! Words of demand response: programmes, events, groups.

/// Words of demand response: programmes, events, groups.
#[derive(Debug)]
pub struct DrMessages {
    /// Title of the list of events.
    pub title: &'static str,
    /// What it is about.
    pub lead: &'static str,
    /// Names the links between these pages for screen readers.
    pub ways: &'static str,
    /// Leads to the list of events.
    pub events: &'static str,
    /// There is no event yet.
    pub none: &'static str,
    /// Leads to the form of a new event.
    pub new: &'static str,
    /// An event has to belong to a programme.
    pub program_first: &'static str,
    /// Columns of the list: name, programme, state, begin, length, asked.
    pub columns: [&'static str; 6],
    /// Names of the states.
    pub states: StateNames,
    /// What is asked for.
    pub kinds: KindNames,
    /// So many minutes.
    pub minutes: fn(u64) -> String,
    /// Words of the form.
    pub form: FormWords,
    /// Words of one event.
    pub event: EventWords,
    /// Words of the programmes.
    pub programs: ProgramWords,
    /// Words of the groups.
    pub groups: GroupWords,
    /// What of an event cannot be.
    pub problems: ProblemWords,
}

/// Names of the states of an event.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is named after its state")]
pub struct StateNames {
    pub scheduled: &'static str,
    pub active: &'static str,
    pub ended: &'static str,
    pub cancelled: &'static str,
}

/// What an event asks for, as a name and with its amounts.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is named after its signal")]
pub struct KindNames {
    pub simple: &'static str,
    pub price: &'static str,
    pub reduction: &'static str,
    pub simple_of: fn(&str) -> String,
    pub price_of: fn(&str) -> String,
    pub reduction_of: fn(&str) -> String,
}

/// Words of the form of an event.
#[derive(Debug)]
pub struct FormWords {
    /// Title of the page of a new event.
    pub title: &'static str,
    /// What to do there.
    pub lead: &'static str,
    /// Title of the page that changes an event.
    pub change_title: &'static str,
    /// What changing does.
    pub change_lead: &'static str,
    /// The programme.
    pub program: &'static str,
    /// The name.
    pub name: &'static str,
    /// Who reads it.
    pub name_hint: &'static str,
    /// The beginning.
    pub start: &'static str,
    /// In which zone.
    pub start_hint: &'static str,
    /// The length.
    pub minutes: &'static str,
    /// What it may be.
    pub minutes_hint: &'static str,
    /// What is asked for.
    pub kind: &'static str,
    /// How much of it.
    pub amounts: &'static str,
    /// How to write it.
    pub amounts_hint: &'static str,
    /// How long devices may wait.
    pub randomize: &'static str,
    /// Why.
    pub randomize_hint: &'static str,
    /// The priority.
    pub priority: &'static str,
    /// What it means.
    pub priority_hint: &'static str,
    /// What customers get.
    pub incentive: &'static str,
    /// Who reads it.
    pub incentive_hint: &'static str,
    /// Whom it is meant for.
    pub reach: &'static str,
    /// Every device.
    pub all: &'static str,
    /// A group.
    pub group: &'static str,
    /// There is no group.
    pub no_group: &'static str,
    /// Postal codes.
    pub postal_codes: &'static str,
    /// How to write them.
    pub postal_codes_hint: &'static str,
    /// One device.
    pub device: &'static str,
    /// How to name it.
    pub device_hint: &'static str,
    /// The customers of an aggregator.
    pub aggregator: &'static str,
    /// Counts the devices before anything is sent.
    pub check: &'static str,
    /// So many devices would be told.
    pub reaches: fn(u64) -> String,
    /// Nobody would be told.
    pub reaches_nobody: &'static str,
    /// Sends it to so many devices.
    pub send: fn(u64) -> String,
    /// Sends it although nobody is there yet.
    pub send_nobody: &'static str,
    /// Keeps the change.
    pub change: &'static str,
    /// Whom it is meant for stays.
    pub targets_stay: &'static str,
}

/// Words of the page of one event.
#[derive(Debug)]
pub struct EventWords {
    /// It was made.
    pub made: &'static str,
    /// It was changed.
    pub changed: &'static str,
    /// It was cancelled.
    pub cancelled: &'static str,
    /// Title of the facts.
    pub facts: &'static str,
    /// Names of the facts.
    pub program: &'static str,
    /// Begins.
    pub begins: &'static str,
    /// Lasts.
    pub lasts: &'static str,
    /// Asks for.
    pub asks: &'static str,
    /// Waits at most.
    pub randomize: &'static str,
    /// Priority.
    pub priority: &'static str,
    /// Incentive.
    pub incentive: &'static str,
    /// Meant for.
    pub targets: &'static str,
    /// Every device.
    pub all: &'static str,
    /// The devices of a group.
    pub group: fn(&str) -> String,
    /// The devices of a postal code.
    pub postal_code: fn(&str) -> String,
    /// One device.
    pub device: &'static str,
    /// The customers of an aggregator.
    pub aggregator: fn(&str) -> String,
    /// Title of the figures of aggregators.
    pub passed_on: &'static str,
    /// What they are, and are not.
    pub passed_on_text: &'static str,
    /// Column of the aggregators.
    pub aggregator_column: &'static str,
    /// Told so often.
    pub version: &'static str,
    /// Title of the counts.
    pub counts: &'static str,
    /// Addresses are still being written.
    pub addressing: &'static str,
    /// What the counts are of once it is cancelled.
    pub counts_of_cancellation: &'static str,
    /// Recipients.
    pub recipients: &'static str,
    /// Not fetched yet.
    pub queued: &'static str,
    /// Fetched.
    pub delivered: &'static str,
    /// Understood.
    pub acknowledged: &'static str,
    /// Done.
    pub executed: &'static str,
    /// Tried in vain.
    pub failed: &'static str,
    /// Will not be done.
    pub refused: &'static str,
    /// Too late.
    pub expired: &'static str,
    /// Take part.
    pub opted_in: &'static str,
    /// Do not take part.
    pub opted_out: &'static str,
    /// Leads to the form that changes it.
    pub change: &'static str,
    /// Calls it off.
    pub cancel: &'static str,
    /// What that does.
    pub cancel_text: &'static str,
    /// Somebody was faster.
    pub moved: &'static str,
    /// Title of the plot.
    pub load: &'static str,
    /// What it shows, for those who do not see it.
    pub load_text: &'static str,
    /// Nothing is reported yet.
    pub load_none: &'static str,
    /// The line of what is reported.
    pub reported: &'static str,
    /// The line of what is asked for.
    pub asked: &'static str,
    /// The time of the event.
    pub window: &'static str,
    /// There is nothing to compare with.
    pub no_baseline: &'static str,
    /// Title of the table.
    pub table: &'static str,
    /// Columns of the table: from, mean load, asked, readings.
    pub columns: [&'static str; 4],
}

/// Words of the programmes.
#[derive(Debug)]
pub struct ProgramWords {
    /// Title.
    pub title: &'static str,
    /// What they are.
    pub lead: &'static str,
    /// There is none.
    pub none: &'static str,
    /// Title of the form.
    pub make_title: &'static str,
    /// The name.
    pub name: &'static str,
    /// What it is about.
    pub description: &'static str,
    /// Who reads it.
    pub description_hint: &'static str,
    /// Makes it.
    pub make: &'static str,
    /// It was made.
    pub made: &'static str,
    /// Column: since when.
    pub since: &'static str,
    /// It cannot be.
    pub invalid: &'static str,
    /// The name is taken, or there are too many.
    pub conflict: &'static str,
}

/// Words of the groups.
#[derive(Debug)]
pub struct GroupWords {
    /// Title.
    pub title: &'static str,
    /// What they are.
    pub lead: &'static str,
    /// There is none.
    pub none: &'static str,
    /// Title of the form.
    pub make_title: &'static str,
    /// The name.
    pub name: &'static str,
    /// Makes it.
    pub make: &'static str,
    /// It was made.
    pub made: &'static str,
    /// It cannot be.
    pub invalid: &'static str,
    /// The name is taken, or there are too many.
    pub conflict: &'static str,
    /// Column: devices.
    pub devices: &'static str,
    /// Title of the form that adds.
    pub add_title: &'static str,
    /// The device.
    pub device: &'static str,
    /// How to name it.
    pub device_hint: &'static str,
    /// Adds it.
    pub add: &'static str,
    /// It was added.
    pub added: &'static str,
    /// There is no such device.
    pub unknown: &'static str,
    /// Takes it out.
    pub remove: &'static str,
    /// Takes this one out.
    pub remove_this: fn(&str) -> String,
    /// It was taken out.
    pub removed: &'static str,
    /// It is empty.
    pub empty: &'static str,
    /// Only the first are shown.
    pub first: fn(usize) -> String,
    /// Column: the device.
    pub column_device: &'static str,
    /// Column: the customer.
    pub column_customer: &'static str,
    /// Column: what can be done.
    pub column_actions: &'static str,
}

/// What of an event cannot be, and what to do about it.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is named after its problem")]
pub struct ProblemWords {
    pub name: &'static str,
    pub description: &'static str,
    pub program: &'static str,
    pub start: &'static str,
    pub length: &'static str,
    pub randomize_start: &'static str,
    pub amounts: &'static str,
    pub priority: &'static str,
    pub incentive: &'static str,
    pub targets: &'static str,
}

fn devices(count: u64) -> String {
    if count == 1 {
        "1 device".to_owned()
    } else {
        format!("{count} devices")
    }
}

fn aparatos(count: u64) -> String {
    if count == 1 {
        "1 dispositivo".to_owned()
    } else {
        format!("{count} dispositivos")
    }
}

/// English.
pub const EN: DrMessages = DrMessages {
    title: "Events",
    lead: "When you need less load, or have cheap power to give: say so here, and every device that is meant is told.",
    ways: "Demand response",
    events: "Events",
    none: "There are no events yet.",
    new: "New event",
    program_first: "An event belongs to a programme. Make one first.",
    columns: ["Event", "Programme", "State", "Begins", "Lasts", "Asks for"],
    states: StateNames {
        scheduled: "Scheduled",
        active: "Going on",
        ended: "Over",
        cancelled: "Cancelled",
    },
    kinds: KindNames {
        simple: "Level (0 normal to 3 strongest)",
        price: "Price of a kilowatt-hour",
        reduction: "Less load, kilowatts a device",
        simple_of: |amounts| format!("level {amounts}"),
        price_of: |amounts| format!("price {amounts} per kWh"),
        reduction_of: |amounts| format!("{amounts} kW less per device"),
    },
    minutes: |minutes| format!("{minutes} min"),
    form: FormWords {
        title: "New event",
        lead: "First see how many devices it reaches; nothing is sent before you say so.",
        change_title: "Change the event",
        change_lead: "Everybody who was told is told anew.",
        program: "Programme",
        name: "Name",
        name_hint: "Customers read it, for example: Evening peak",
        start: "Begins (UTC)",
        start_hint: "Date and time in UTC.",
        minutes: "Lasts, in minutes",
        minutes_hint: "1 to 1440.",
        kind: "Asks for",
        amounts: "How much",
        amounts_hint: "One number; or several with semicolons between them, one for each equal part of the event: 1; 2; 1",
        randomize: "Devices wait at most, in minutes",
        randomize_hint: "Each begins at a random moment within this time, so that not all switch at once. 0 to 60.",
        priority: "Priority",
        priority_hint: "0 is the most important, 100 the least.",
        incentive: "What customers get for it",
        incentive_hint: "Customers read it, for example: 2 dollars off this month's bill",
        reach: "For whom",
        all: "Every connected device",
        group: "The devices of a group",
        no_group: "no groups yet",
        postal_codes: "Customers with these postal codes",
        postal_codes_hint: "With semicolons between them: 05401; 05402",
        device: "One device",
        device_hint: "Its device ID, or the id of its enrollment.",
        aggregator: "The customers of an aggregator that acts for you",
        check: "Count the devices",
        reaches: |count| format!("This reaches {} now.", devices(count)),
        reaches_nobody: "This reaches no device now. Devices that are connected before its end are still told.",
        send: |count| format!("Send to {}", devices(count)),
        send_nobody: "Send all the same",
        change: "Change and tell anew",
        targets_stay: "For whom an event is cannot be changed. Cancel this one and make another.",
    },
    event: EventWords {
        made: "The event is on its way.",
        changed: "The event was changed; everybody is told anew.",
        cancelled: "The event was cancelled; everybody who was told of it is told.",
        facts: "What was asked",
        program: "Programme",
        begins: "Begins",
        lasts: "Lasts",
        asks: "Asks for",
        randomize: "Devices wait at most",
        priority: "Priority",
        incentive: "Customers get",
        targets: "For",
        all: "every connected device",
        group: |name| format!("the group {name}"),
        postal_code: |code| format!("postal code {code}"),
        device: "one device",
        aggregator: |name| format!("the customers of {name}"),
        passed_on: "Passed on",
        passed_on_text: "How far the devices of aggregators are. Whose they are is between them and their customers.",
        aggregator_column: "Aggregator",
        version: "Version",
        counts: "How far the devices are",
        addressing: "Devices are still being written down.",
        counts_of_cancellation: "Since it was cancelled, these figures are about the cancellation.",
        recipients: "Told, or about to be",
        queued: "Not fetched yet",
        delivered: "Delivered",
        acknowledged: "Acknowledged",
        executed: "Executed",
        failed: "Failed",
        refused: "Refused",
        expired: "Too late",
        opted_in: "Opted in",
        opted_out: "Opted out",
        change: "Change",
        cancel: "Cancel the event",
        cancel_text: "Everybody who was told of it is told that it does not take place. This cannot be taken back.",
        moved: "Somebody else changed the event meanwhile, or it is over. Look at it again.",
        load: "Reported load",
        load_text: "The mean load of the devices that report, in kilowatts, and the load that was asked for. The table below says the same.",
        load_none: "No device has reported its load yet.",
        reported: "Reported, mean of a device",
        asked: "Asked for",
        window: "The event",
        no_baseline: "What was asked for is drawn where devices also reported their load before the event, to compare with.",
        table: "The figures",
        columns: ["From", "Mean load (kW)", "Asked for (kW)", "Readings (min)"],
    },
    programs: ProgramWords {
        title: "Programmes",
        lead: "What customers take part in. Every event belongs to one.",
        none: "There are no programmes yet.",
        make_title: "New programme",
        name: "Name",
        description: "What it is about",
        description_hint: "In words for customers, 500 characters at most.",
        make: "Make the programme",
        made: "The programme was made.",
        since: "Since",
        invalid: "A name has 1 to 64 characters, a description at most 500, without line breaks.",
        conflict: "There is a programme of this name already, or there are a hundred. Choose another name.",
    },
    groups: GroupWords {
        title: "Groups",
        lead: "Devices put together under a name, to be meant by events.",
        none: "There are no groups yet.",
        make_title: "New group",
        name: "Name",
        make: "Make the group",
        made: "The group was made.",
        invalid: "A name has 1 to 64 characters.",
        conflict: "There is a group of this name already, or there are a hundred. Choose another name.",
        devices: "Devices",
        add_title: "Add a device",
        device: "Device",
        device_hint: "Its device ID, or the id of its enrollment. It has to be connected.",
        add: "Add",
        added: "The device is in the group.",
        unknown: "No connected device has this device ID or id. Check it.",
        remove: "Remove",
        remove_this: |device| format!("Remove {device}"),
        removed: "The device is no longer in the group.",
        empty: "The group is empty.",
        first: |count| format!("The first {count} devices."),
        column_device: "Device",
        column_customer: "Customer",
        column_actions: "Actions",
    },
    problems: ProblemWords {
        name: "Give it a name of 1 to 64 characters.",
        description: "Write at most 500 characters.",
        program: "Choose one of your programmes.",
        start: "Choose a beginning from now on and within a year. Once an event has begun its beginning stays.",
        length: "Choose whole minutes, 1 to 1440; each part lasts at least one, and the parts are equally long in whole seconds.",
        randomize_start: "Let devices wait at most an hour, and no longer than half the event.",
        amounts: "Levels are 0, 1, 2 or 3; kilowatts more than 0 and at most 10,000; prices within 1,000. At most 24 parts.",
        priority: "A priority is a whole number from 0 to 100, or nothing.",
        incentive: "Write at most 200 characters.",
        targets: "Say for whom the event is: a group that exists, postal codes, or a device that is connected.",
    },
};

/// Spanish.
pub const ES: DrMessages = DrMessages {
    title: "Eventos",
    lead: "Cuando necesite menos carga, o tenga energía barata que ofrecer: dígalo aquí y se avisa a cada dispositivo al que va dirigido.",
    ways: "Respuesta de la demanda",
    events: "Eventos",
    none: "Aún no hay eventos.",
    new: "Nuevo evento",
    program_first: "Un evento pertenece a un programa. Cree uno primero.",
    columns: ["Evento", "Programa", "Estado", "Empieza", "Dura", "Pide"],
    states: StateNames {
        scheduled: "Previsto",
        active: "En curso",
        ended: "Terminado",
        cancelled: "Cancelado",
    },
    kinds: KindNames {
        simple: "Nivel (0 normal a 3 el más fuerte)",
        price: "Precio del kilovatio hora",
        reduction: "Menos carga, kilovatios por dispositivo",
        simple_of: |amounts| format!("nivel {amounts}"),
        price_of: |amounts| format!("precio {amounts} por kWh"),
        reduction_of: |amounts| format!("{amounts} kW menos por dispositivo"),
    },
    minutes: |minutes| format!("{minutes} min"),
    form: FormWords {
        title: "Nuevo evento",
        lead: "Vea primero a cuántos dispositivos llega; no se envía nada hasta que usted lo diga.",
        change_title: "Cambiar el evento",
        change_lead: "Se avisa de nuevo a todos los que fueron avisados.",
        program: "Programa",
        name: "Nombre",
        name_hint: "Lo leen los clientes, por ejemplo: Punta de la tarde",
        start: "Empieza (UTC)",
        start_hint: "Fecha y hora en UTC.",
        minutes: "Dura, en minutos",
        minutes_hint: "De 1 a 1440.",
        kind: "Pide",
        amounts: "Cuánto",
        amounts_hint: "Un número; o varios separados por punto y coma, uno por cada parte igual del evento: 1; 2; 1",
        randomize: "Los dispositivos esperan como mucho, en minutos",
        randomize_hint: "Cada uno empieza en un momento al azar dentro de este tiempo, para que no cambien todos a la vez. De 0 a 60.",
        priority: "Prioridad",
        priority_hint: "0 es la más importante, 100 la menos.",
        incentive: "Qué reciben los clientes a cambio",
        incentive_hint: "Lo leen los clientes, por ejemplo: 2 dólares menos en la factura de este mes",
        reach: "Para quién",
        all: "Todos los dispositivos conectados",
        group: "Los dispositivos de un grupo",
        no_group: "aún no hay grupos",
        postal_codes: "Clientes con estos códigos postales",
        postal_codes_hint: "Separados por punto y coma: 05401; 05402",
        device: "Un dispositivo",
        device_hint: "Su identificador, o el de su inscripción.",
        aggregator: "Los clientes de un agregador que actúa por usted",
        check: "Contar los dispositivos",
        reaches: |count| format!("Ahora llega a {}.", aparatos(count)),
        reaches_nobody: "Ahora no llega a ningún dispositivo. Se avisa también a los que se conecten antes de que termine.",
        send: |count| format!("Enviar a {}", aparatos(count)),
        send_nobody: "Enviar de todos modos",
        change: "Cambiar y avisar de nuevo",
        targets_stay: "No se puede cambiar para quién es un evento. Cancele este y cree otro.",
    },
    event: EventWords {
        made: "El evento está en camino.",
        changed: "El evento se cambió; se avisa de nuevo a todos.",
        cancelled: "El evento se canceló; se avisa a todos los que fueron avisados de él.",
        facts: "Qué se pidió",
        program: "Programa",
        begins: "Empieza",
        lasts: "Dura",
        asks: "Pide",
        randomize: "Los dispositivos esperan como mucho",
        priority: "Prioridad",
        incentive: "Los clientes reciben",
        targets: "Para",
        all: "todos los dispositivos conectados",
        group: |name| format!("el grupo {name}"),
        postal_code: |code| format!("código postal {code}"),
        device: "un dispositivo",
        aggregator: |name| format!("los clientes de {name}"),
        passed_on: "Transmitido",
        passed_on_text: "Hasta dónde llegaron los dispositivos de los agregadores. De quién son queda entre ellos y sus clientes.",
        aggregator_column: "Agregador",
        version: "Versión",
        counts: "Hasta dónde llegaron los dispositivos",
        addressing: "Aún se están anotando los dispositivos.",
        counts_of_cancellation: "Desde que se canceló, estas cifras son de la cancelación.",
        recipients: "Avisados, o a punto de serlo",
        queued: "Sin recoger",
        delivered: "Entregados",
        acknowledged: "Confirmados",
        executed: "Ejecutados",
        failed: "Fallidos",
        refused: "Rechazados",
        expired: "Demasiado tarde",
        opted_in: "Participan",
        opted_out: "No participan",
        change: "Cambiar",
        cancel: "Cancelar el evento",
        cancel_text: "A todos los que fueron avisados se les dice que no tiene lugar. Esto no se puede deshacer.",
        moved: "Otra persona cambió el evento entretanto, o ya terminó. Mírelo de nuevo.",
        load: "Carga comunicada",
        load_text: "La carga media de los dispositivos que la comunican, en kilovatios, y la que se pidió. La tabla de abajo dice lo mismo.",
        load_none: "Ningún dispositivo ha comunicado aún su carga.",
        reported: "Comunicada, media por dispositivo",
        asked: "Pedida",
        window: "El evento",
        no_baseline: "Lo que se pidió se dibuja si los dispositivos comunicaron también su carga antes del evento, para comparar.",
        table: "Las cifras",
        columns: ["Desde", "Carga media (kW)", "Pedida (kW)", "Lecturas (min)"],
    },
    programs: ProgramWords {
        title: "Programas",
        lead: "En lo que participan los clientes. Cada evento pertenece a uno.",
        none: "Aún no hay programas.",
        make_title: "Nuevo programa",
        name: "Nombre",
        description: "De qué trata",
        description_hint: "En palabras para los clientes, 500 caracteres como mucho.",
        make: "Crear el programa",
        made: "El programa se creó.",
        since: "Desde",
        invalid: "Un nombre tiene de 1 a 64 caracteres, una descripción 500 como mucho, sin saltos de línea.",
        conflict: "Ya hay un programa con este nombre, o ya hay cien. Elija otro nombre.",
    },
    groups: GroupWords {
        title: "Grupos",
        lead: "Dispositivos reunidos bajo un nombre, a los que dirigir eventos.",
        none: "Aún no hay grupos.",
        make_title: "Nuevo grupo",
        name: "Nombre",
        make: "Crear el grupo",
        made: "El grupo se creó.",
        invalid: "Un nombre tiene de 1 a 64 caracteres.",
        conflict: "Ya hay un grupo con este nombre, o ya hay cien. Elija otro nombre.",
        devices: "Dispositivos",
        add_title: "Añadir un dispositivo",
        device: "Dispositivo",
        device_hint: "Su identificador, o el de su inscripción. Tiene que estar conectado.",
        add: "Añadir",
        added: "El dispositivo está en el grupo.",
        unknown: "Ningún dispositivo conectado tiene este identificador. Compruébelo.",
        remove: "Quitar",
        remove_this: |device| format!("Quitar {device}"),
        removed: "El dispositivo ya no está en el grupo.",
        empty: "El grupo está vacío.",
        first: |count| format!("Los primeros {count} dispositivos."),
        column_device: "Dispositivo",
        column_customer: "Cliente",
        column_actions: "Acciones",
    },
    problems: ProblemWords {
        name: "Dele un nombre de 1 a 64 caracteres.",
        description: "Escriba 500 caracteres como mucho.",
        program: "Elija uno de sus programas.",
        start: "Elija un comienzo desde ahora y dentro de un año. Una vez empezado, el comienzo ya no cambia.",
        length: "Elija minutos enteros, de 1 a 1440; cada parte dura al menos uno, y las partes duran lo mismo en segundos enteros.",
        randomize_start: "Deje esperar a los dispositivos una hora como mucho, y no más de la mitad del evento.",
        amounts: "Los niveles son 0, 1, 2 o 3; los kilovatios, más de 0 y 10.000 como mucho; los precios, dentro de 1.000. 24 partes como mucho.",
        priority: "Una prioridad es un número entero de 0 a 100, o nada.",
        incentive: "Escriba 200 caracteres como mucho.",
        targets: "Diga para quién es el evento: un grupo que exista, códigos postales o un dispositivo conectado.",
    },
};
