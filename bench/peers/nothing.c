/* A native function that takes any arguments and does nothing: what a call alone costs. */
#define Py_LIMITED_API 0x030a0000
#include <Python.h>

static PyObject *nothing(PyObject *self, PyObject *const *arguments, Py_ssize_t count,
                         PyObject *names) {
    (void)self, (void)arguments, (void)count, (void)names;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"nothing", (PyCFunction)(void (*)(void))nothing, METH_FASTCALL | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "nothing", NULL, 0, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_nothing(void) { return PyModule_Create(&module); }
