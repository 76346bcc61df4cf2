/* Native functions that take any arguments. `nothing` does nothing: what a call alone costs. `busy`
 * does nothing for a quarter of a microsecond: how often the machine itself interrupts so long a
 * call, whatever is in it. */
#define Py_LIMITED_API 0x030a0000
#include <Python.h>
#include <time.h>

static PyObject *nothing(PyObject *self, PyObject *const *arguments, Py_ssize_t count,
                         PyObject *names) {
    (void)self, (void)arguments, (void)count, (void)names;
    Py_RETURN_NONE;
}

static long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

static PyObject *busy(PyObject *self, PyObject *const *arguments, Py_ssize_t count,
                      PyObject *names) {
    long end = now() + 250;
    while (now() < end) continue;
    return nothing(self, arguments, count, names);
}

static PyMethodDef methods[] = {
    {"busy", (PyCFunction)(void (*)(void))busy, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"nothing", (PyCFunction)(void (*)(void))nothing, METH_FASTCALL | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "nothing", NULL, 0, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_nothing(void) { return PyModule_Create(&module); }
