### Кыран по-русски. Термины: docs/glossary.md.

## Программа

app-name = Кыран
app-tagline = Видеостена для центров оперативного управления

## Окно камеры: связь

link-connecting = подключение
link-awaiting-keyframe = ждёт опорный кадр
link-live = онлайн
link-late = отстаёт
link-lost = связь потеряна
link-refused = отказано
link-backoff = ждёт повтора

## Окно камеры: изображение

picture-good = изображение в норме
picture-disturbed = искажено
disturbed-share = { $percent } %
picture-frozen = кадр застыл
picture-black = чёрный экран
picture-lost = нет изображения
picture-blurred = размыто
picture-moved = камера сдвинута

## Окно камеры: учёт

admin-in-service = в эксплуатации
admin-in-repair = в ремонте
admin-masked = закрыта маской
admin-access-closed = доступ закрыт

## Окно камеры: нагрузка

load-full = полная частота
load-slowed = частота снижена
load-keyframes = только опорные кадры
load-paused = приостановлено

## Почему в окне нет прямого эфира

reason-no-answer = камера не отвечает
reason-connection-refused = соединение отклонено
reason-wrong-password = имя/пароль неверны
reason-not-found = поток не найден
reason-no-video = в потоке нет видео
reason-unsupported-codec = кодек не подходит
reason-decode-failed = ошибка декодирования
reason-decoder-restarted = декодер перезапущен
reason-silent = нет данных { $seconds } с
reason-server-unavailable = сервер недоступен
reason-protocol-error = ошибка протокола
reason-waiting-keyframe = ожидание опорного кадра
reason-connection-closed = камера закрыла связь
reason-unknown-host = узел неизвестен
reason-password-missing = нужен пароль
reason-file = файл не читается
reason-no-address = адрес не задан
reason-no-route = нет пути к камере
reason-connection-reset = соединение сброшено
reason-no-encryption = нет шифрования TLS
reason-certificate-untrusted = сертификат отклонён
reason-certificate-expired = сертификат истёк
reason-certificate-changed = сертификат сменился
reason-password-unsafe = пароль не отправлен
reason-not-permitted = нет прав на просмотр
reason-too-many-viewers = лимит подключений
reason-not-now = камера не готова
reason-range-refused = интервал отклонён
reason-transport-refused = транспорт отклонён
reason-refused = запрос отклонён
reason-moved-away = сбой перенаправления
reason-seat-failed = сбой рабочего места
reason-reopened = открывается заново
reason-retry-in = повтор через { $seconds } с

## До какого шага дошло подключение

phase-resolve = при поиске имени узла
phase-connect = при подключении
phase-secure = при установке шифрования (TLS)
phase-tunnel = при открытии туннеля HTTP
phase-options = при запросе возможностей камеры
phase-describe = при запросе описания потока
phase-setup = при настройке потока
phase-play = при запуске потока
phase-stream = во время передачи

## Почему перенаправление не выполнено

detour-circle = по кругу
detour-too-often = слишком много раз
detour-other-protocol = на другой протокол
detour-nowhere = без пригодного адреса

## Где искать причину

matter-password = учётная запись и пароль
matter-camera = камера
matter-network = сеть
matter-seat = это рабочее место

## Что делать

advice-no-answer = Проверьте питание камеры, её сеть и адрес
advice-name-server = Проверьте сервер имён (DNS) или укажите IP-адрес камеры
advice-camera-stuck = Соединение есть, но камера не отвечает: перезапустите её
advice-no-route = Проверьте сеть между рабочим местом и камерой: коммутатор, маршрут, адрес
advice-connection-refused = Проверьте, включён ли RTSP в камере и верен ли порт в адресе
advice-connection-closed = Соединение завершила камера: если повторяется, перезапустите её и проверьте лимит подключений
advice-connection-reset = Проверьте сеть до камеры (коммутатор, межсетевой экран), затем перезапустите камеру
advice-unknown-host = Проверьте имя узла в адресе камеры или укажите IP-адрес
advice-no-encryption = Включите в камере TLS (версии 1.2 или новее), исправьте порт или укажите адрес с rtsp:
advice-certificate-untrusted = Установите в камеру доверенный сертификат или измените camera_certificates в настройках
advice-certificate-expired = Обновите сертификат камеры, проверьте её часы и часы рабочего места
advice-certificate-changed = Прежде чем доверять новому сертификату, узнайте у техника по камерам, меняли ли камеру или сертификат (qyran certificates forget)
advice-wrong-password = Задайте верные имя и пароль (qyran passwords); до этого попытки редки, чтобы камера не заблокировала учётную запись
advice-password-missing = Задайте имя и пароль этой камеры (qyran passwords)
advice-password-unsafe = Включите в камере Digest: она предлагает только Basic, а он раскрыл бы пароль в сети
advice-not-permitted = Дайте этому пользователю право просмотра потока в настройках камеры или регистратора
advice-not-found = Проверьте путь и номер канала в адресе камеры
advice-too-many-viewers = Закройте камеру в других программах и регистраторах или увеличьте лимит подключений
advice-not-now = Подождите, попытки повторяются сами; если не проходит, перезапустите камеру
advice-range-refused = Сообщите технику по камерам: камера не начинает передачу с запрошенного времени
advice-transport-refused = Замените в адресе rtsp: на rtspu: или наоборот
advice-refused = Сообщите технику по камерам код ответа: не подходят настройки или прошивка камеры
advice-server-unavailable = Подождите, камера или регистратор запускается или перегружен; если не проходит, перезапустите
advice-no-video = Включите видео для этого потока в настройках камеры или укажите другой поток
advice-unsupported-codec = Выберите для потока H.264, H.265 или MJPEG в настройках камеры
advice-silent = Проверьте сеть между рабочим местом и камерой, затем перезапустите камеру
advice-moved-away = Укажите настоящий адрес потока: камера или регистратор перенаправляет неверно
advice-protocol-error = Перезапустите камеру и обновите её прошивку; если не поможет, сообщите технику по камерам
advice-decode-failed = Запустите на этом рабочем месте qyran doctor; если другие камеры в порядке, перезапустите эту
advice-decoder-restarted = Подождите, изображение вернётся само; если повторяется, запустите qyran doctor
advice-file = Проверьте, что файл на месте, содержит видео и доступен для чтения
advice-no-address = Укажите адрес этого потока в файле камер
advice-seat-failed = Запустите на этом рабочем месте qyran doctor и перезапустите программу
advice-reopened = Подождите, после спящего режима все потоки открываются заново

## Возраст изображения

age-seconds = { $seconds } с
age-minutes = { $minutes } мин
age-hours = { $hours } ч
age-ago = { $age } назад

## Строка состояния

status-feeds = Онлайн: { $live } из { $total }
status-frames = Кадров/с { $shown } из { $due }
status-dropped = Пропущено кадров { $frames }
status-processor = Процессор { $cores } ядра
status-looks = Аналитика { $looks } кадр/с
eyes-blind = Видеоаналитика не работает; см. qyran doctor
status-clock = { $time }
count-cameras = { $count ->
    [one] { $count } камера
    [few] { $count } камеры
    [many] { $count } камер
   *[other] { $count } камеры
  }
count-pages = Страница { $page } из { $pages }

## Команды

command-language = Язык
command-full-screen = Во весь экран
command-fit = Вписать изображение
command-boxes = Рамки обнаружения
command-fit-letterbox = Кадр целиком
command-fit-crop = Заполнить ячейку
command-enlarge = Увеличить
command-back = К видеостене
command-next-page = Следующая страница
command-previous-page = Предыдущая страница
command-layout = Раскладка
command-layout-automatic = Автоматически
command-layout-columns = { $count ->
    [one] { $count } столбец
    [few] { $count } столбца
    [many] { $count } столбцов
   *[other] { $count } столбца
  }
command-help = Справка
command-quit = Выход

## Справка

help-title = Клавиши
help-move = Выбрать ячейку
help-arrows = Стрелки
help-click = Щелчок
help-double-click = Двойной щелчок
help-close = Закрыть

## Ошибки, сказанные словами

error-no-gpu = Видеоадаптер не найден
error-no-gpu-hint = Установите драйвер Vulkan или OpenGL; программная отрисовка: { $package }
error-no-display = Нет дисплея
error-no-display-hint = Запустите программу в графическом сеансе или задайте DISPLAY или WAYLAND_DISPLAY
error-camera-file = Файл камер { $file } не читается: { $problem }
error-camera-row = Файл камер, строка { $row }, поле { $field }: { $problem }
error-camera-line = Файл камер, строка { $row }: { $problem }
camera-file-kind = имя должно заканчиваться на .csv или .toml
camera-file-large = он больше 256 МБ
camera-file-not-text = это не текстовый файл; сохраните его как «CSV UTF-8»
camera-file-encoding = он не в UTF-8, а, по-видимому, в { $encoding }
camera-file-sample = Тогда в нём написано: «{ $sample }»
camera-file-read-as = Прочитать как { $encoding }
camera-file-no-camera = ни одна строка не годится
error-camera-rows = { $count ->
    [one] В файле камер { $count } строка с ошибкой; остальные камеры открыты
    [few] В файле камер { $count } строки с ошибками; остальные камеры открыты
    [many] В файле камер { $count } строк с ошибками; остальные камеры открыты
   *[other] В файле камер { $count } строки с ошибками; остальные камеры открыты
  }
error-passwords-open = Файл паролей { $file } доступен другим; установите ему права 600
error-missing-element = Нет элемента GStreamer { $element }; установите пакет { $package }
error-no-footage = Нет демонстрационных записей
error-no-footage-hint = Подготовьте их командой { $command }
notice-restarted-crash = { $time }: программа перезапущена после сбоя ({ $what })
notice-restarted-signal = сигнал { $number }
notice-restarted-exit = код завершения { $number }
notice-restarted-still = { $time }: программа перезапущена, так как не отвечала
notice-restarted-device = { $time }: программа перезапущена, так как было потеряно графическое устройство

## Что не так с полем файла камер

problem-empty = пусто
problem-too-long = длиннее { $most } знаков
problem-bad-character = недопустимый знак { $character }
problem-not-a-number = не число: { $value }
problem-out-of-range = { $value } не между { $least } и { $most }
problem-unknown-word = неизвестное слово { $value }; известны: { $known }
problem-doubled = { $value } встречается дважды
problem-bad-address = не адрес: { $value }
problem-address-has-password = в адресе есть пароль; перенесите его в файл паролей
problem-syntax = не разобрать: { $value }
problem-missing-column = столбца нет
problem-unknown-column = неизвестный столбец
problem-doubled-column = два столбца с таким именем; действует первый
problem-open-quote = здесь открыта кавычка, и она не закрыта
problem-too-many-cells = ячеек больше, чем столбцов в заголовке: { $most }

## Показать нечего

empty-no-cameras = Камер пока нет: откройте файл камер или демонстрационный город
empty-no-cameras-hint = { $command }

## Проверка рабочего места

doctor-title = Что есть на этом рабочем месте
doctor-ready = Видеостена может работать
doctor-not-ready = Видеостена пока не может работать
doctor-state-ok = есть
doctor-state-warn = внимание
doctor-state-missing = нет
doctor-section-programs = Версии
doctor-section-graphics = Графика
doctor-section-display = Мониторы
doctor-section-media = Видео
doctor-section-sound = Звук
doctor-section-machine = Компьютер
doctor-section-clock = Часы
doctor-section-folders = Папки и записи
doctor-hint-install = Установите { $package }
doctor-hint-gpu = Установите драйвер видеокарты или, для программной отрисовки, { $package }
doctor-hint-gpu-software = Рисует процессор; видеокарта с драйвером сняла бы эту нагрузку
doctor-hint-display = Запустите в графическом сеансе или задайте DISPLAY или WAYLAND_DISPLAY
doctor-hint-monitors-unknown = Установите { $package }, чтобы видеть размеры и расположение
doctor-hint-media = Установите GStreamer: { $package }
doctor-hint-hardware-decoder = Видео декодирует процессор; { $package } может дать декодер на видеокарте
doctor-hint-sound = Тревог не будет слышно: подключите звуковую карту или колонки и проверьте звуковой сервер
doctor-hint-cores = Для 45 камер нужно не меньше ядер: { $cores }
doctor-hint-memory = Для 45 камер нужно не меньше { $memory }
doctor-hint-clock = Включите синхронизацию времени: по этим часам датируются записи и дела
doctor-hint-clock-unknown = Проверьте вручную, что часы этого компьютера синхронизируются
doctor-hint-folder = Задайте HOME или папки XDG либо укажите --config и --data
doctor-hint-folder-unwritable = Дайте этому пользователю право записи туда
doctor-hint-footage = Нужны только для демонстрации: подготовьте командой { $command }
doctor-hint-keyring = Пароли камер лежат в файле; связка ключей хранит их зашифрованными: установите { $package }
doctor-hint-keyring-none-yet = Создайте связку ключей по умолчанию в программе рабочего стола или войдите в систему по паролю: обычно она создаётся при входе
doctor-hint-keyring-locked = Разблокируйте связку ключей, обычно её открывает вход в систему; до этого пароли берутся только из файла
doctor-hint-keyring-failed = Пока это не исправлено, пароли берутся только из файла
doctor-none = нет
doctor-hint-models = Без этого видеоаналитика не работает; запустите models/fetch.py или положите папку с моделью в models рядом с данными

## Пароли камер

passwords-prompt = Пароль для { $name }
passwords-none = Сохранённых паролей нет
passwords-camera = камера
passwords-host = узел
passwords-in-keyring = связка ключей
passwords-in-file = файл паролей
passwords-set-keyring = Пароль для { $name } сохранён в связке ключей системы
passwords-set-file = Пароль для { $name } сохранён в { $file }
passwords-forgotten = Пароль для { $name } удалён: { $places }
passwords-moved-keyring = Перенесено в связку ключей системы: { $count }; { $file } удалён
passwords-moved-file = Перенесено в { $file }: { $count }; в связке ключей системы паролей нет
passwords-nothing-to-move = Переносить нечего
passwords-keyring-missing = Связки ключей в системе нет: { $problem }
passwords-keyring-locked = Связка ключей системы заблокирована; её содержимое не показано, не используется и не меняется
passwords-keyring-locked-wall = Связка ключей системы заблокирована, пароли из неё неизвестны: разблокируйте её и запустите видеостену заново
passwords-keyring-failed = Пароли из связки ключей системы не используются: { $problem }
passwords-keyring-silent = связка ключей системы не ответила за { $seconds } с

## Карточка камеры

card-title = Камера
card-link = Связь
card-picture = Изображение
card-load = Декодирование
card-service = Эксплуатация
card-reason = Причина
card-advice = Что делать
card-matter = Где искать
card-stream = Поток
card-age = Задержка на экране
card-ages = 50 / 95 / 99 %: { $p50 } / { $p95 } / { $p99 } мс
card-frames = Кадры
card-counters = принято { $received }, потеряно пакетов { $lost }, сеансов: { $sessions }
card-minute = За минуту
card-breaks = искажено { $percent } % кадров, потеряно пакетов: { $lost }, неполных кадров: { $concealed }, разрывов: { $breaks }
card-clock = Часы камеры
card-own-clock = Наши часы
card-detectors = Детекторы
card-looked = анализ { $age } назад
card-look-every = раз в { $seconds } с
card-look-counts = проанализировано кадров: { $looks }, пропущено: { $passed }, частей кадра: { $parts }
card-no-look = ещё не анализировалась
count-people = люди { $count }
count-vehicles = транспорт { $count }
count-an-hour = за последний час
count-watched = анализ { $percent } % времени
count-not-watched = нет анализа
count-chart = 24 часа; штриховка — анализ не всё время
count-most = макс. { $count }
card-priority = Приоритет
card-priority-hint = При нехватке мощности частота снижается сначала у 5, в последнюю очередь у 1
card-id = Код
card-firm = Обслуживает
card-system = Система
card-phone = Телефон
card-day = 24 часа
card-good-share = исправна { $percent } % времени наблюдения

## Часы

clock-unknown = не сообщает
clock-offset = { $sign }{ $seconds } с от наших часов
clock-hour = Не переведена на UTC+5 в марте 2024 года?
clock-uncertain = Неточно: наши часы не синхронизированы
clock-own-yes = синхронизированы
clock-own-no = не синхронизированы
clock-own-unknown = синхронизация неизвестна

## Камеры, которым нельзя верить

troubles-title = Проблемные камеры: { $count }
troubles-none = На этой странице проблемных камер нет.
notice-no-other-camera = Нет другой камеры на её место.
command-card = Карточка камеры
command-troubles = Проблемные камеры
command-replace = Заменить следующей
command-undo-replace = Отменить замену
command-accept-picture = Сделать вид эталоном
status-slowed = ◑ Частота снижена: { $count }

## Роли

role-inspector = инспектор видеонаблюдения
role-operator-102 = оператор 102
role-senior = старший смены
role-chief = начальник центра
role-trainer = инструктор
role-maintenance = техник по камерам
role-auditor = аудитор
role-guest = гость
role-administrator = администратор
role-short-inspector = ИНСП
role-short-operator-102 = 102
role-short-senior = СТ
role-short-chief = НАЧ
role-short-trainer = ТРЕН
role-short-maintenance = ТЕХ
role-short-auditor = АУД
role-short-guest = ГОСТ
role-short-administrator = АДМ
roles-title = Кто что может
roles-yes = да
roles-with-second = только вместе со вторым сотрудником, у которого тоже есть это право
roles-no = нет

## Права

right-watch-live = смотреть камеры в реальном времени
right-steer-cameras = управлять поворотными камерами
right-review-recordings = просматривать записи
right-show-big-screen = выводить на большой экран
right-ask-access = запрашивать доступ к частной камере
right-approve-access = одобрять запрос на доступ
right-answer-alarms = принимать тревоги, SOS и сообщения
right-send-to-unit = передавать в дежурную часть
right-confirm-face = сравнивать лица
right-send-face = передавать возможное совпадение лиц
right-plan-lessons = планировать уроки с муляжом оружия
right-shelve-class = откладывать вид тревог
right-change-rules = менять пороги, списки, виды тревог
right-search-faces = искать по лицу
right-search-plates = искать по госномеру
right-see-bracelets = видеть электронные браслеты
right-check-searches = проверять цели поисков
right-lift-masks = снимать маски приватности
right-export-evidence = выгружать доказательства
right-hold-recordings = сохранять записи для дела
right-erase-recordings = снимать запрет удаления, удалять досрочно
right-keep-post = принимать и сдавать пост
right-plan-shifts = распределять посты и перерывы
right-take-over = брать камеры другого центра по запросу
right-see-statistics = видеть статистику
right-report-camera = подавать заявки на очистку и ремонт
right-service-cameras = вести список камер и проверки
right-run-drills = проводить тренировки
right-read-log = читать журнал аудита
right-manage-people = управлять сотрудниками
right-change-settings = менять настройки

## Что делали люди, в журнале

act-first-administrator = Добавлен первый администратор
act-person-added = Сотрудник добавлен
act-person-changed = Данные сотрудника изменены
act-roles-changed = Роли изменены
act-pin-changed = ПИН-код изменён
act-badges-changed = Пропуска изменены
act-person-disabled = Доступ сотрудника закрыт
act-person-enabled = Доступ сотрудника открыт
act-sign-in = Вход
act-sign-in-refused = Вход не разрешён
act-sign-out = Выход
act-seat-locked = Рабочее место заблокировано
act-seat-unlocked = Рабочее место разблокировано
act-second-signed-in = Вошёл второй сотрудник
act-second-signed-out = Второй сотрудник вышел
act-tries-swept = Старые счётчики ошибок входа удалены

## Вход

sign-in-wrong = Неверный логин или ПИН-код.
sign-in-wrong-rest = Неверный логин или ПИН-код. Следующая попытка через { $seconds } с.
sign-in-login-rests = Слишком много ошибок с этим логином. Следующая попытка через { $seconds } с.
sign-in-seat-rests = Слишком много ошибок на этом рабочем месте. Следующая попытка через { $seconds } с.
sign-in-not-a-second = Этот сотрудник не может подтвердить: нужен другой, с тем же правом.
sign-in-door-unknown = Терминал у двери сообщает о человеке, которому вход не разрешён.

## Что не так с именем, логином или ПИН-кодом

name-empty = пусто
name-too-short = короче { $least } знаков
name-too-long = длиннее { $most } знаков
name-character = недопустимый знак { $code }
name-beginning = должно начинаться с буквы
name-alphabets = буквы двух алфавитов
pin-too-short = не короче { $digits } цифр или { $characters } знаков
pin-too-long = длиннее { $most } знаков
pin-character = есть невидимый знак
pin-repeated = повторяется одно и то же
pin-row = это ряд цифр, букв или клавиш
pin-date = это дата
pin-common = его выбирают многие
pin-name = в нём есть имя или логин
pin-same = такой же, как прежний

## Почему с сотрудником этого сделать нельзя

refusal-no-right = Нет права: { $right }
refusal-no-such-person = Такого сотрудника нет.
refusal-name = Имя: { $problem }
refusal-login = Логин: { $problem }
refusal-login-given = Логин { $login } или похожий на него уже занят.
refusal-pin = ПИН-код: { $problem }
refusal-own-roles = Свои роли не меняет никто.
refusal-roles-none = Нужна хотя бы одна роль.
refusal-roles-alone = Роль не сочетается с другими: { $role }
refusal-roles-apart = Роли не совмещаются: { $one }, { $other }
refusal-last-administrator = Должен остаться хотя бы один администратор.
refusal-not-the-first = Администратор уже есть.
refusal-nothing-to-do = Ничего не изменится.
refusal-badge = Это не номер пропуска.
refusal-badge-given = Этот пропуск принадлежит другому сотруднику.
refusal-too-many-badges = Больше { $most } пропусков

## Posts, breaks, handover and claims

act-post-saved = Пост изменён
act-post-removed = Пост удалён
act-post-taken = Пост принят
act-post-stood-down = Пост снят: никто не наблюдает
act-card-written = Внесено в ориентировку
act-card-struck = Исключено из ориентировки
act-cover-offered = Запрошена подмена на перерыв
act-cover-accepted = Согласие на подмену дано
act-cover-refused = В подмене отказано
act-cover-withdrawn = Запрос подмены отозван
act-cover-expired = Запрос подмены остался без ответа
act-cover-asked-back = Запрошен возврат набора
act-cover-returned = Набор возвращён
act-cover-lost = Нет связи с подменяющим, набор возвращён
act-cover-kept = Набор остался у подменяющего
act-break-reminded = Напоминание о перерыве
act-handover-drafted = Начата передача смены
act-handover-refreshed = Пункты передачи обновлены
act-handover-noted = Добавлена заметка к передаче
act-handover-offered = Предложена передача смены
act-handover-declined = Передача смены отклонена
act-handover-withdrawn = Передача смены отозвана
act-handover-opened = Передача смены открыта для чтения
act-handover-read = Пункты передачи прочитаны
act-handover-finished = Смена передана
act-claim-taken = Взято в работу
act-claim-released = Снято с себя
act-claim-asked = Запрошена передача из другого центра
act-claim-ask-withdrawn = Запрос на передачу отозван
act-claim-granted = Передача разрешена
act-claim-denied = В передаче отказано
act-claim-taken-over = Получено от другого центра
act-claim-given-back = Возвращено своему центру
act-claim-recalled = Отозвано у другого центра
refusal-unknown = Этого уже нет.
refusal-other-centre = Это принадлежит другому центру.
refusal-own-centre = Это принадлежит вашему центру: берите в работу сразу.
refusal-not-for-you = Это должен сделать другой сотрудник.
refusal-yourself = Нельзя передать самому себе.
refusal-not-holder = За вами нет поста.
refusal-held-by-another = Этим занят другой сотрудник.
refusal-already-yours = Это уже за вами.
refusal-on-break = Вы на перерыве: сначала вернитесь.
refusal-they-on-break = Этот коллега на перерыве.
refusal-offer-open = Ваш прежний запрос ещё ждёт ответа.
refusal-handover-open = Ваша передача смены уже открыта.
refusal-covers-others = Вы подменяете коллегу: сначала верните его набор.
refusal-covered = Пост под подменой на время перерыва.
refusal-held = Пост уже занят.
refusal-not-now = Состояние уже изменилось: посмотрите ещё раз.
refusal-expired = Срок истёк.
refusal-still-stands = Запрос ещё действует.
refusal-changed = Посты уже изменились: запросите заново.
refusal-still-there = Коллега на месте и должен подтвердить.
refusal-not-there = Коллеги нет на месте.
refusal-too-many-posts = Постов за одним сотрудником: не больше { $most }
refusal-unread = Не прочитано критических пунктов: { $count }
refusal-one-at-a-time = Критические пункты подтверждаются по одному.
refusal-empty = Ничего не написано.
refusal-too-long = Слишком длинно: не больше { $most } знаков
refusal-too-many = Слишком много: не больше { $most }
refusal-doubled = Камера { $camera } в двух наборах и не отмечена общей.
refusal-lent = Этим занят другой центр.
cover-offered = запрошена
cover-running = идёт
cover-asked-back = запрошен возврат
cover-returned = набор возвращён
cover-refused = отказано
cover-withdrawn = отозвана
cover-expired = без ответа
cover-lost = нет связи с подменяющим
cover-kept = набор у подменяющего
notice-cover-offered = { $name } просит подменить на время перерыва
notice-cover-asked-back = { $name }: перерыв окончен, верните набор
notice-cover-accepted = { $name } подменяет вас
notice-cover-refused = { $name }: в подмене отказано
notice-cover-expired = { $name }: нет ответа
notice-cover-returned = { $name }: набор возвращён вам
notice-cover-lost = { $name }: нет связи с рабочим местом. Набор снова за вами, сейчас его никто не видит
notice-cover-kept = { $name }: набор остался у подменяющего
seat-present = на месте
seat-on-break = на перерыве
seat-locked = заблокировано
seat-away = нет на месте
sight-free = Пост не занят
sight-seen = Под наблюдением
sight-gone = Никто не видит: нет связи с рабочим местом
sight-on-break = Никто не видит: перерыв
sight-locked = Никто не видит: рабочее место заблокировано
sight-away = Никто не видит: сотрудника нет на месте
sight-shows-another = Никто не видит: на рабочем месте открыт другой набор
eye-watched = наблюдаются
eye-rotating = по очереди
eye-unwatched = без наблюдения
request-asked = запрошено
request-taken = получено
request-given-back = возвращено
request-withdrawn = отозвано
watching-spot = { $minutes } мин за увеличенным изображением: смените занятие или сделайте перерыв
watching-long = { $minutes } мин наблюдения без перерыва: сделайте перерыв
item-attention = Особое внимание
item-open-cover = Незакрытая подмена
item-open-alarm = Открытая тревога
item-open-case = Открытое дело
item-shelved = Отложенная тревога
item-note = Заметка
item-dead-camera = Ненадёжная камера
item-other = Прочее
item-stands-in-for = подменяет: { $name }
item-the-rest = и ещё { $count }
handover-title = Передача смены
handover-draft = готовится
handover-offered = предложена
handover-reading = читается
handover-finished = завершена
handover-withdrawn = отозвана
handover-from = Сдаёт
handover-to = Принимает
handover-posts = Посты
handover-state = Состояние
handover-day = За 24 часа
handover-critical = Критическое
handover-unread = не прочитано
handover-more = И ещё: { $kinds }
handover-signed-from = Сдал(а)
handover-signed-to = Принял(а)
handover-printed = Напечатано { $at }

# The seat: signing in, the shift
seat-somebody-was-first = Другой сотрудник изменил это раньше. Проверьте, что сейчас.
seat-not-allowed = Вам это не разрешено: { $right }
seat-no-store = Данные не сохраняются: { $problem }
seat-unreadable = Записей более новой версии: { $count }
seat-store-of-the-centre = хранилище центра
seat-not-reached-yet = связи ещё не было
seat-centre-away = Нет связи с центром, ждут отправки: { $count }
seat-conflicts = Отклонено центром: { $count }
sign-in-title = Вход
sign-in-first = Первый запуск
sign-in-first-why = Учётных записей ещё нет. Первый сотрудник станет администратором.
sign-in-locked = Заблокировано: { $name }
sign-in-new-pin = Придумайте свой ПИН-код
sign-in-opening = Хранилище открывается…
sign-in-name = Имя
sign-in-login = Логин
sign-in-pin = ПИН-код или пароль
sign-in-pin-again = Ещё раз
sign-in-pins-differ = Они не совпадают.
sign-in-go = Войти
sign-in-unlock = Разблокировать
sign-in-take-pin = Сохранить ПИН-код
sign-in-make-first = Создать администратора
sign-in-busy = Проверяется…
sign-in-demo = Демонстрация: { $logins }; ПИН-код { $pin }
command-shift = Смена и посты
command-lock = Заблокировать рабочее место
command-sign-out = Выйти
shift-title = Смена и посты
shift-nobody = Никто не вошёл.
shift-posts = Посты
shift-sounds-tested = Звуки проверены в { $at }: проиграны все.
shift-sounds-not-heard = Проверка звуков не дошла до конца.
shift-sounds-untested = Вы ещё не проверили звуки в эту смену.
shift-no-posts = Постов пока нет.
shift-cameras = { $count ->
    [one] { $count } камера
    [few] { $count } камеры
    [many] { $count } камер
   *[other] { $count } камеры
    }
shift-free = свободен
shift-stands-in = вместо { $name }, { $age }
shift-take = Принять
shift-break = Перерыв
shift-i-am-back = Вернуться к работе
shift-waits = Ждём ответа
shift-asked = Отправлена просьба подменить: { $name }
shift-withdraw = Отозвать
shift-ask-whom = Попросить подменить:
shift-holds-nothing = За вами нет поста.
shift-no-colleague = Коллег на местах нет.
shift-accept = Согласиться
shift-refuse = Отказаться
shift-give-back = Вернуть набор
shift-seats = Рабочие места
shift-empty = никого
shift-gone = нет связи { $age }
handover-begin = Начать передачу
handover-how-far = { $state } · пунктов: { $count }, не прочитано: { $unread }
handover-note-hint = Что должна знать следующая смена
handover-add-note = Добавить
handover-to-whom = Передать:
handover-open = Читать
handover-read = Прочитано
handover-finish = Принять смену
handover-critical-left = Не прочитано критических пунктов: { $count }
handover-last = Последняя: { $from } → { $to }
handover-print = Страница для печати
handover-page-written = Страница для печати: { $file }
act-people-founded = Созданы сотрудники для демонстрации
act-enlarged = Камера показана крупно
act-clock-stepped = Часы рабочего места переведены
act-wall-opened = Видеостена запущена
act-wall-restarted = Видеостена перезапущена после сбоя
act-wall-closed = Видеостена закрыта
demo-post = Пост { $number }

## Проверка журнала

log-place-store = рядом с журналом
log-place-witness = во втором месте { $name }
log-changed = Строка { $index } изменена: её текст и её хеш не соответствуют друг другу
log-missing-one = Нет строки { $index }
log-missing = Нет строк с { $from } по { $to }
log-doubled = Есть вторая строка { $index }
log-repeated = Строка { $index } повторяет действие строки { $first }
log-moved = Строки с { $from } по { $to } стоят не на своём месте: у первой номер { $says }
log-unreadable = Строка { $index } не является строкой журнала
log-root-differs = Среди строк с { $from } по { $to } что-то изменено, удалено или вставлено: контрольная точка { $key } ({ $place }) не сходится
log-not-extension = Контрольная точка { $key } ({ $place }, строк: { $size }) — из другой истории журнала: строки начиная с { $from } переписаны
log-signature-bad = Недействительные подписи от имени { $key } ({ $place }): { $count }, при размерах с { $size } по { $last }
log-unknown-key = Контрольные точки, подписанные неизвестным ключом { $key } ({ $place }): { $count }, при размерах с { $size } по { $last }
log-checkpoint-unreadable = Контрольная точка ({ $place }, строк: { $size }) не читается
log-checkpoint-unreadable-some = Контрольная точка ({ $place }) не читается
log-checkpoint-moved = Контрольная точка, хранимая для размера { $size }, имеет размер { $says }
log-other-log = Контрольная точка ({ $place }) относится к другому журналу: { $origin }
log-rolled-back = Журнал возвращён к прежнему состоянию: подписано строк { $known } ({ $key }, { $place }), сейчас { $is }
log-head-differs = Строк в журнале по данным хранилища: { $says }, фактически: { $is }
log-head-differs-within = Хеш-дерево в хранилище расходится на строках с { $from } по { $to }
log-head-unreadable = Хеш-дерево в хранилище не читается
log-unsigned = Строки с { $from } по { $to } не подписаны ни одним известным ключом
log-record-differs = Запись { $kind } { $id } не соответствует строке { $index }
log-record-missing = Нет записи { $kind } { $id }, которую последней внесла строка { $index }
log-record-unknown = Запись { $kind } { $id } не упоминается ни в одной строке журнала
log-report-clean = Журнал цел: строк { $lines }, они сходятся с подписанными контрольными точками ({ $compared })
log-report-harmed = Журнал не цел, нарушений: { $count }. Доказано первых строк: { $proved } из { $lines } (нумерация строк с 0)
act-seat-key-registered = Зарегистрирован ключ подписи рабочего места
act-settings-changed = Настройки изменены
audit-proved = Доказано: строка { $line } стоит в { $origin } (всего строк: { $size }), подписано: { $signers }.

## Центр: люди, посты, журнал, отклонённое

command-rules = Правила выбранной камеры
command-centre = Центр: сотрудники, посты, журнал
centre-people = Сотрудники
centre-posts = Посты
centre-log = Журнал
centre-conflicts = Отклонено
centre-roles = Роли
roles-legend = ✓ да · 2 — вдвоём · точка — нет
people-new = Новый сотрудник
people-disabled = вход закрыт
people-must-change = при следующем входе выберет новый ПИН-код
people-save = Сохранить
people-roles = Роли
people-save-roles = Сохранить роли
people-pin = ПИН-код
people-pin-hint = Временный: при первом входе нужно сменить.
people-add = Добавить
people-set-pin = Задать ПИН-код
people-badges = Пропуска: { $count }
people-badge = Номер пропуска
people-add-badge = Добавить пропуск
people-remove-badges = Убрать все пропуска
people-enable = Открыть вход
people-disable = Закрыть вход
conflicts-hint = Сделано на этом рабочем месте без связи с центром и отклонено центром: то же самое раньше изменил другой сотрудник. Эти действия не выполнены.
conflicts-none = Ничего не отклонено.
conflicts-nobody = программа
conflicts-now = Сейчас: { $who }
conflicts-first = Другой сотрудник раньше изменил это в центре.
conflicts-seen = Ознакомлен(а)
log-page-all = все
log-page-hour = последний час
log-page-shift = последние 12 часов
log-page-day = последние 24 часа
log-page-week = последние 7 дней
log-page-month = последние 30 дней
log-page-period = Период
log-page-who = Кто
log-page-act = Действие
log-page-seat = Рабочее место
log-page-line = Строка
log-page-time = Время
log-page-about = Объект
log-page-detail = Подробности
log-page-text = Текст в любом столбце
log-page-again = Обновить
log-page-write = Экспорт в CSV
log-page-verify = Проверить журнал
log-page-working = Выполняется…
log-page-reading = Чтение…
log-page-none = Таких строк нет.
log-page-more = Показать более ранние строки
log-page-unread = Нечитаемых строк: { $count }
log-page-written = Записано строк: { $lines }. Файл: { $file }
log-page-key-unread = Ключ рабочего места { $seat } не читается: { $problem }
posts-new = Новый пост
posts-at-once = Камер на экране сразу (0 — все)
posts-rotate = Смена камер каждые, с (0 — не менять)
posts-classes = Виды тревог через запятую
posts-set = Камер в наборе: { $count }
posts-not-in-the-list = нет в списке этого рабочего места
posts-search = Найти камеру
posts-add-all = Добавить: { $count }
posts-save = Сохранить
posts-remove = Удалить пост
posts-stand-down = Снять пост
posts-card = Ориентировка на смену
posts-card-hint = На что смотреть
posts-card-add = Внести в ориентировку
act-mask-lifted = Маска снята
act-mask-lowered = Маска возвращена
act-log-exported = Журнал записан в файл
act-log-verified = Журнал проверен
act-noticed = Замечено детекторами
card-mask-lifted = Маска снята, осталось { $left }
command-lift-mask = Снять маску
command-lower-mask = Вернуть маску
sign-in-second = Второй сотрудник
sign-in-second-why = Нужны двое: другой сотрудник с правом «{ $right }» подтверждает своим ПИН-кодом.
sign-in-confirm = Подтвердить
sign-in-cancel = Отмена
shift-without-break = { $minutes } мин без перерыва
shift-not-in-the-list = Камер, которых нет в списке этого рабочего места: { $count }
troubles-taken = ● Занимается { $name }
troubles-take = Взять в работу
troubles-let-go = Снять с себя
keep-there = { $place } уже существует; ничего не записано
keep-foreign = { $place } — не резервная копия этой программы
keep-newer = { $place } записан более новой программой (формат { $found }, эта знает { $known })
keep-line = { $place } повреждён в строке { $line }: { $why }
keep-block = { $place } повреждён где-то между строками { $from } и { $to }
keep-short = { $place } обрывается слишком рано, после строки { $line }
keep-long = { $place } продолжается после своего конца, со строки { $line }
keep-files = { $place } отсутствует или не относится к этому экспорту
keep-damage = { $place } повреждён: { $said }
keep-record-changed = Запись { $kind } { $id } (версия { $version }) не такова, как говорит строка { $line } журнала: её изменили в обход журнала
keep-record-version = У записи { $kind } { $id } версия { $version }, а строка { $line } журнала говорит { $logged }
keep-record-removed = Запись { $kind } { $id } пропала; последней её изменила строка { $line } журнала
keep-record-unlogged = Записи { $kind } { $id } (версия { $version }) нет ни в одной строке журнала
keep-columns = Строка { $line } журнала: её столбцы в базе не совпадают с её текстом
keep-key = Ключ подписи в записи { $kind } { $id } не читается
keep-waiting = Действия, которых ещё нет в центре: { $count }, файл { $place }
keep-conflicts = Действия, отклонённые центром и никем не просмотренные: { $count }, файл { $place }
keep-other-store = { $place } — зеркало хранилища { $mirrors }, а это { $store }
keep-seen-more = { $place } видел строк журнала: { $seen }, теперь их { $is }
keep-more = Ещё нарушений в записях: { $count }
keep-checked = { $place }: сверено записей { $records }, строк журнала { $lines }
keep-all-well = Всё в порядке
keep-copied = { $place } записан и прочитан заново: записей { $records }, строк журнала { $lines } из { $size }
keep-copied-harm = В копии хранилище такое, какое есть, а само оно повреждено. Нарушений: { $count }
keep-not-restored = Ничего не записано: содержимое копии повредили ещё до её создания. Находок: { $count } ({ $option } вернёт его и таким)
keep-restored = Хранилище { $store } возвращено к состоянию на { $time }: записей { $records }, строк журнала { $lines }
keep-logins-restored = Учётные записи рабочих мест записаны: { $count }. На новом сервере их заново создаст { $command }
keep-logins-aside = Учётные записи центра отложены для будущего центра: { $count }
keep-no-centre = Какую базу подготовить? Укажите её через { $option }
keep-ready = { $place } готова для рабочих мест
keep-prepared = Рабочих мест создано: { $new }, без изменений: { $there }, папка { $place }
keep-seat-made = { $seat }: учётная запись { $login }, настройки в { $place }
keep-login-unknown = { $seat }: учётная запись { $login } есть, а её пароля в { $place } нет; ничего не изменено
keep-login-other = { $seat }: учётная запись { $login } есть, но это не рабочее место этого центра; ничего не изменено
keep-seats-fault = { $place } строка { $line }: { $problem }
keep-seats-fault-field = { $place } строка { $line }, { $field }: { $problem }
keep-seats-missing = должно быть указано
keep-seats-unknown = неизвестное поле
keep-seats-text = должен быть текст в кавычках
keep-seats-name = должно быть имя длиной от 1 до 64 байт
keep-seats-login = должны быть строчные латинские буквы, цифры и _, первой — буква
keep-seats-folder = должны быть буквы, цифры, пробелы, . _ и -
keep-seats-doubled = «{ $what }» уже занято другим рабочим местом
keep-seats-none = нет ни одного рабочего места

## Что говорит хранилище

store-full = { $place }: диск заполнен; новое там не сохраняется, пока нет места.
store-not-writable = { $place }: запись невозможна ({ $why }).
store-damaged = { $place }: повреждено ({ $why }). Верните более раннюю копию.
store-foreign = { $place }: это не хранилище этой программы.
store-newer = { $place }: записано более новой программой (схема { $found }; эта знает { $known }). Ничего не изменено.
store-busy = { $place }: занято другой программой.
store-away = { $place }: нет связи ({ $why }).
store-refused = { $place }: отказывает ({ $why }).
store-address = Адрес хранилища непонятен ({ $why }).
store-engine = { $place }: { $why }.
store-not-empty = { $place }: там уже что-то есть; запись только на пустое место.
store-closed = Хранилище закрыто.

## Правила: что программа должна замечать

rule-zone = Вход в зону
rule-line = Пересечение линии
rule-counting = Линия подсчёта
rule-dwell = Долгое пребывание
rule-count = Число людей в зоне
rule-crowd = Скопление людей
rule-wrong-way = Движение против направления
rule-left = Оставленный предмет
rule-removed = Унесённый предмет
rule-litter = Мусор
rule-yield = Не уступил пешеходу
rule-closed = Закрытая территория
rule-stopped = Остановка транспорта
rule-blade = Холодное оружие
fact-zone = Кто-то вошёл в зону
fact-line = Линия пересечена
fact-counting = Подсчитано на линии
fact-dwell = Кто-то долго находится здесь
fact-count = Людей в зоне
fact-crowd = Собралось много людей
fact-wrong-way = Движение против направления
fact-left = Оставлен предмет
fact-removed = Предмет унесён
fact-litter = Брошен мусор
fact-yield = Водитель не уступил пешеходу
fact-closed = Кто-то на закрытой территории
fact-stopped = Транспорт остановился
fact-blade = Виден предмет, похожий на оружие
direction-either = в обе стороны
direction-left-to-right = слева направо
direction-right-to-left = справа налево
day-mon = пн
day-tue = вт
day-wed = ср
day-thu = чт
day-fri = пт
day-sat = сб
day-sun = вс
sight-unknown = Никого нет, судить не по чему
sight-here = Нож различить можно: детализации хватает
sight-in-main = Нож различим только в основном потоке
sight-nowhere = Нож не различить: детализации не хватает
rule-field-least-score = Наименьшая уверенность
rule-field-least-height = Наименьшая высота
rule-field-least-pixels = Наименьшая высота в пикселях
rule-field-priority = Приоритет
rule-field-looks = Кадров анализа в секунду
rule-field-tiles = Число частей кадра
rule-field-confirm-looks = Кадров для подтверждения
rule-field-confirm-seconds = Секунд для подтверждения
rule-field-cooldown = Пауза между сообщениями, с
rule-field-seconds = Время, с
rule-field-over = Число людей
rule-fault-id = Код правила пуст, слишком длинный или содержит недопустимый знак
rule-fault-camera = Код камеры пуст, слишком длинный или содержит недопустимый знак
rule-fault-long-name = Название длиннее { $most } знаков
rule-fault-few-points = Точек в зоне: { $count }; нужно не меньше 3
rule-fault-many-points = В зоне больше { $most } точек
rule-fault-point-no-number = Точка { $point } — не число
rule-fault-point-outside = Точка { $point } лежит вне кадра
rule-fault-same-point = Точки { $first } и { $second } совпадают
rule-fault-crosses = Сторона от точки { $first } пересекает сторону от точки { $second }
rule-fault-no-area = У зоны нет площади
rule-fault-line-short = Концы линии совпадают
rule-fault-part = Часть кадра для просмотра пуста или лежит вне кадра
rule-fault-no-direction = Выберите одно разрешённое направление
rule-fault-many-classes = Классов больше { $most }
rule-fault-class = У класса нет названия или оно длиннее { $most } знаков
rule-fault-many-spans = В расписании больше { $most } промежутков
rule-fault-empty-span = Промежуток { $span } расписания пуст
rule-fault-range = { $field }: допустимо от { $least } до { $most }
rules-syntax = строка { $line }: { $why }
rules-too-long = файл длиннее { $most } байт
rules-too-many = в файле больше { $most } правил
rules-newer = файл записан более новой программой (формат { $found }; эта знает { $known })
rules-missing = должно быть указано
rules-unknown = неизвестно
rules-unknown-kind = нет правила вида «{ $kind }»
rules-wrong = непонятно ({ $why })
rules-doubled = уже есть у другого правила этой камеры
rules-at-field = { $field }: { $problem }
rules-at-rule = Правило { $number } ({ $id }): { $problem }
rules-at-rule-field = Правило { $number } ({ $id }), { $field }: { $problem }
act-rule-saved = Изменено правило камеры
act-rule-removed = Удалено правило камеры

## Rules of a camera

rules-title = Правила
rules-none = На этой камере ничего не отслеживается.
rules-add = Добавить
rules-on = вкл.
rules-off = выкл.
rules-of-file = из файла правил
rules-of-place = по типу объекта
rules-drawn-elsewhere = Есть несохранённое правило камеры { $camera }
rules-hint-keys = Тяните точки, рёбра или фигуру целиком. PgUp, PgDn — соседняя точка; стрелки двигают её (с Shift точнее); Ins, Del — добавить, убрать; Ctrl+Enter — сохранить.
rules-enabled = Включено
rules-name = Название
rules-over = Больше чем
rules-seconds = Секунд
rules-way-along = Против стрелки в зоне
rules-way-across = Через линию; разрешено:
rules-turn = Сменить направление
rules-now = Сейчас в зоне: { $count }
rules-tried = Проверка: что правило обнаружило бы сейчас
rules-tried-nothing = Пока ничего
rules-goes-on = продолжается
rules-classes = Что искать
rules-how-sure = Уверенность и размер
rules-least-score = Наименьшая уверенность
rules-least-height = Наименьшая высота, доля кадра
rules-source = Какой поток
rules-source-sub = Дополнительный поток
rules-source-main = Основной поток
rules-source-tiles = Основной поток по 4 частям
rules-source-tiles-more = Основной поток по 6 частям
rules-source-other = Часть основного потока
rules-schedule = Когда
rules-always = Всегда
rules-from = с
rules-to = до
rules-span-add = Добавить часы
rules-span-away = Убрать эти часы
rules-save = Сохранить
rules-back = Назад
rules-leave = Закрыть
rules-leave-sure = Не сохранять
rules-would-be-lost = Нарисованное не сохранено
rules-remove = Удалить
rules-remove-sure = Да, удалить
rules-corner = Вершина { $number }
rules-end = Конец линии { $number }
rules-edge = Добавить вершину после { $number }
rules-whole-zone = Вся зона
rules-whole-line = Вся линия
rules-changed-elsewhere = Тем временем это правило изменил другой сотрудник. Повторите, чтобы заменить его своим.
rules-not-of-the-store = Это правило здесь не удалить; выключите его
rules-no-store = Правило не сохранено: у этого рабочего места нет хранилища

# Alarms.
alarms-title = Тревоги: { $count }
alarms-queue = Очередь
alarms-asked = На проверке
alarms-history = История
alarms-figures = Показатели
alarms-aside = Приостановленные
alarms-none = Активных тревог нет.
alarms-none-asked = Тревог на проверке нет.
alarms-none-found = Таких тревог не найдено.
alarms-none-week = За неделю тревог не было.
alarms-put-aside = Приостановленные: без звука, но записываются
alarms-together = { $count } вместе
alarms-of-centre = центр { $centre }
alarms-chatter = слишком частая
alarms-stale = открыта дольше суток
alarms-flood = Лавина тревог: { $count } за десять минут. Сгруппированы по месту и виду; критические — отдельно.
alarms-not-kept = Ещё не сохранено: { $class } { $camera } ({ $count })
alarms-not-kept-more = Кроме того, ещё не сохранено: { $count }
alarms-only-in-memory = Незаписанное не принимает ни один диск: не закрывайте программу
alarms-lost = ПОТЕРЯНО: { $count }. Происходит больше, чем может ждать записи; первым теряется наименее срочное
alarm-waits-for-record = Ещё не записано
alarms-no-sound = НЕТ ЗВУКА: с { $since } тревог не слышно. { $why }
alarms-find = Поиск: камера, место, номер, слово
alarms-purpose = Цель поиска, для журнала
alarms-class = Вид тревоги
alarms-verdict = Решение
alarms-ten-minutes = За последние десять минут
alarms-hour = За последний час
alarms-flood-share = Доля времени лавины (12 часов)
alarms-stale-count = Открыты дольше суток
alarms-percent = { $value } %
alarms-band-acceptable = Нагрузка на одного оператора допустимая.
alarms-band-manageable = Один оператор ещё справляется.
alarms-band-too-many = Для одного оператора слишком много.
alarms-limits = До { $acceptable } в час — допустимо, до { $manageable } — посильно; { $flood } и больше за десять минут — лавина.
alarms-in-memory = Буфер до тревоги
alarms-in-memory-held = { $held } из { $cap } МиБ · потоков: { $streams }, не менее { $seconds } с каждого
alarms-test-sounds = Проверить звуки
alarms-noisiest = Самые частые за неделю
alarm-unacknowledged = не принята
alarm-returned = прекратилась, не принята
alarm-acknowledged = принята
alarm-latched = прекратилась, ждёт решения
alarm-ended = завершена
alarm-shelved = отложена
alarm-planned = плановый урок
alarm-out-of-service = выведена из работы
alarm-acknowledge = Принять
alarm-take-over = Забрать себе
alarm-pass = Передать
alarm-pass-to = Кому передать?
alarm-passed-to = Передано: { $to }
alarm-shelve = Отложить
alarm-shelve-why = Отложить на { $minutes } мин. Причина:
alarm-reject-why = Причина отклонения:
alarm-leave = Отмена
alarm-recording = Запись
alarm-recorded = ЗАПИСЬ { $from } – { $to }
alarm-not-recorded = Запись не сохранена: { $why }
alarm-crop = Замечено в { $at }
alarm-recorded-as-it-came = Поток сохранён в исходном виде: собрать из него запись не удалось
alarm-near = Соседняя камера
alarm-times = { $count ->
    [one] { $count } раз, последний { $last }
    [few] { $count } раза, последний { $last }
    [many] { $count } раз, последний { $last }
   *[other] { $count } раза, последний { $last }
  }
alarm-precision = На этой камере подтверждено { $right } из последних { $settled }
alarm-two-answers = Двое решают независимо; оценка сходства и первый ответ скрыты.
alarms-elsewhere = Другие центры (здесь без звука)
across-of = Эта тревога центра { $centre }.
across-who-may = Запросить тревогу может старший смены или начальник центра.
across-ask = Запросить
across-withdraw = Отозвать запрос
across-take = Забрать себе
across-grant = Передать центру
across-keep = Оставить себе
across-recall = Забрать обратно
across-give-back = Вернуть центру
across-ask-why = Причина запроса:
across-wants = { $centre } ({ $seat }) запрашивает тревогу: { $reason }
across-asked = запрошена в { $at }, { $centre } ещё не ответил
across-may-take = { $centre } может забрать тревогу
across-granted = { $centre } разрешил забрать тревогу
across-has = у центра { $centre } ({ $seat }) с { $at }
across-from = получена от центра { $centre } в { $at }
across-gave-back = { $centre } вернул тревогу в { $at }
across-given-back = возвращена центру { $centre } в { $at }
across-recalled = { $centre } забрал тревогу обратно
across-recalled-here = забрана обратно у центра { $centre }
across-kept-here = запрос центра { $centre } отклонён
across-kept-there = { $centre } отклонил запрос
ask-near = Наш наряд ближе
ask-comes-here = Движется к нам
ask-same-matter = По нашему делу
ask-by-telephone = Согласовано по телефону
alarm-refused-taken = Тревогу уже принял другой сотрудник.
alarm-refused-verdict = У этого вида нет такого решения.
alarm-refused-two-answers = Передать можно, когда двое независимо друг от друга ответили одинаково.
alarm-refused-same-person = Второй ответ должен дать другой сотрудник.
alarm-refused-reason = Назовите причину.
alarm-refused-critical = Критическую тревогу отложить нельзя.
alarm-refused-too-long = Срок больше допустимого.
alarm-refused-over = Тревога уже завершена.
alarm-refused-elsewhere = Тревога принадлежит другому центру.
verdict-real = Подтверждена
alarm-refused-everything = Назовите класс или камеру: вывести из работы всё сразу нельзя.
alarm-refused-unreadable = Запись сделана более новой версией программы: показано только основное. Обновите программу на этом месте.
alarm-refused-not-recorded = Она ещё не записана. Повторите, когда хранилище заработает.
verdict-no-threat = Нет угрозы
verdict-training-aid = Учебный муляж
verdict-unsure = На проверку
priority-critical = Критическая
priority-high = Высокая
priority-medium = Средняя
priority-low = Низкая
pass-duty-unit = В дежурную часть
pass-traffic-police = Патрульной полиции
pass-probation = Службе пробации
pass-site = Ответственному на объекте
reason-works = Ведутся работы
reason-known = Причина известна
reason-wrong = Ложное срабатывание
reason-weather = Погода
aside-shelves = Отложенные
aside-lessons = Плановые уроки
aside-out-of-service = Выведено из работы
aside-none = Нет.
aside-end = Снова включить
aside-cancel = Отменить
aside-plan = Запланировать урок
aside-plan-for = Новый урок, камера: { $camera }
aside-begins = Начало
aside-lasts = Длится
aside-now = сейчас
aside-in-minutes = через { $minutes } мин
aside-minutes = { $minutes } мин
aside-reason = Причина: класс, учитель
aside-take-out = Вывести из работы
status-alarms = Тревоги: { $count }
status-no-sound = НЕТ ЗВУКА
command-alarms = Тревоги
command-first-alarm = Самая срочная тревога
act-alarm-raised = Поступила тревога
act-alarm-repeated = Тревога повторилась
act-alarm-returned = Тревога прекратилась
act-alarm-acknowledged = Тревога принята
act-alarm-judged = Решение по тревоге
act-alarm-passed = Тревога передана
act-alarm-taken-over = Тревогу взял другой сотрудник
act-alarm-span-kept = Запись тревоги сохранена
act-alarm-shelved = Тревога отложена
act-alarm-unshelved = Отложенная тревога снова включена
act-lesson-planned = Урок запланирован
act-lesson-cancelled = Урок отменён
act-alarms-out-of-service = Тревоги выведены из работы
act-alarms-in-service = Тревоги возвращены в работу
act-event-kept = Событие записано
act-occurrences-lost = События потеряны: нет места
act-history-searched = Поиск по истории тревог
act-sound-tested = Звук проверен

## События извне
outside-remark-future = Часы источника спешат на { $seconds } с; взято время получения
outside-remark-late = Получено с опозданием на { $seconds } с
outside-remark-ancient = Получено с опозданием на { $seconds } с: сохранено без тревоги
outside-remark-unknown-camera = Источник называет неизвестную здесь камеру: { $camera }
outside-remark-no-fix = Источник не сообщил координат
outside-remark-neutralised = Скрытые символы в тексте заменены
outside-remark-still-lost = Снимок не удалось записать; событие сохранено без него

# qyran probe: что говорит камера и что было допущено
probe-head = { $host } ({ $scheme })
probe-password = Пароль:
probe-connected = Соединение с { $peer } установлено
probe-certificate = Сертификат, SHA-256: { $fingerprint }
probe-answered = { $method }: { $status } через { $ms } мс
probe-video = Видео
probe-audio = Звук
probe-loudspeaker = Динамик
probe-other = Другие данные
probe-offered = { $medium }: { $codec }
probe-offered-unknown = { $medium }: { $codec } (не поддерживается)
probe-overlooked = Допустимое отклонение: { $what }
probe-overlooked-often = Допустимое отклонение, { $count } ×: { $what }
probe-no-stream = Потока нет: { $reason }
probe-stream = Поток: { $codec }, { $size }, по { $transport }
probe-rate = Частота, кадров в секунду: { $rate } (заявлено: { $told }), { $kbit } кбит/с
probe-keyframes = Опорных кадров: { $count }, первый { $first }, наибольший промежуток, кадров: { $group }
probe-pictures = Декодировано: { $count }, из них искажено: { $disturbed }, первый { $first }; декодер: { $decoder }
probe-after = через { $seconds } с
probe-never = не пришёл
probe-not-told = не указано
probe-loss = Потеряно пакетов: { $lost }, скачков времени: { $jumps }
probe-clock = Часы камеры опережают этот компьютер на { $seconds } с
probe-no-clock = Часы камеры: не указано
probe-undecodable = Декодер сообщает: { $error }
probe-written = Отчёт записан в { $file }
probe-shows-live = Qyran покажет эту камеру онлайн
probe-shows-disturbed = Qyran покажет эту камеру и отметит изображение как искажённое
probe-shows-waiting = Qyran будет ждать опорный кадр; попробуйте дольше (--seconds)
probe-shows-breaks = Qyran покажет эту камеру с перерывами
probe-shows-nothing = Qyran не сможет показать эту камеру
leniency-resynchronised = лишние байты между сообщениями
leniency-odd-head = нестандартные заголовки сообщений
leniency-other-cseq = ответы с неверным номером
leniency-body-length = неверная длина тела сообщения
leniency-odd-sdp = нестандартное описание потока (SDP)
leniency-guessed-codec = кодек не назван, определён по параметрам
leniency-other-control = поток найден по другому адресу, чем указано
leniency-odd-transport = нестандартный ответ о способе передачи
leniency-no-session = нет номера сеанса
leniency-other-transport = использован другой способ передачи
leniency-keepalive-refused = запросы поддержания сеанса отклонены или без ответа
leniency-new-challenge = повторные запросы входа
leniency-new-connection = потребовалось новое соединение
leniency-server-request = запросы со стороны камеры
leniency-strange-channel = пакеты в несогласованных каналах
leniency-strange-sender = пакеты от посторонних отправителей
leniency-bad-packet = повреждённые пакеты
leniency-other-payload-type = другой тип данных, чем указано
leniency-other-ssrc = меняется номер отправителя
leniency-odd-sequence = номера пакетов идут не по порядку
leniency-odd-time = скачки времени потока
leniency-bad-report = повреждённые отчёты отправителя
leniency-odd-mark = неверно отмечены концы кадров
leniency-start-codes = стартовые коды внутри пакетов
leniency-odd-fragment = нестандартные фрагменты
leniency-odd-parameter-sets = непригодные наборы параметров в описании
leniency-odd-jpeg = нестандартные заголовки JPEG
leniency-odd-audio = неполное описание звука
leniency-too-large = данные сверх предела, отброшены

# qyran certificates
certificates-none = Сохранённых сертификатов нет
certificates-forgotten = { $host }: сертификат удалён, следующий станет доверенным
certificates-unknown = { $host }: сертификат не сохранён
card-overlooked = Отклонения
leniency-connection-closed = закрывает управляющее соединение, пока приходят пакеты
leniency-play-unanswered = начало воспроизведения не подтверждается
